"""What the operator did since it started, and what it holds now: everything that /metrics tells (docs/metrics.md).

Counted as it happens; what can be looked up instead is looked up when somebody asks. `families` knows the format.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

from model_builder import contract
from model_operator import counting, exposing, families, kinds, standing

CONTENT_TYPE = families.CONTENT_TYPE
#: In place of an HTTP code: there was no answer.
NOBODY = "none"
#: Seconds. A handling waits for the API server nearly all of its time, and a call may take 15 s.
_HANDLING = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_WAITING = (0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300)
_CALLING = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
#: A build takes seconds from the store, minutes for a small model, hours for a large one.
_BUILDING = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
#: Counts one call: verb, kind, code, seconds.
Called = Callable[[str, str, str, float], None]


class Metrics:
    """All of it."""

    def __init__(self) -> None:
        """Start at nought."""
        self._reconciles = families.Counter(
            "modelsmith_operator_reconciles_total", "Handlings by result.", "kind", "result"
        )
        self._handling = families.Histogram(
            "modelsmith_operator_reconcile_seconds", "How long a handling took.", _HANDLING, "kind"
        )
        self._waiting = families.Histogram(
            "modelsmith_operator_queue_wait_seconds", "From when a key could be handled until it was.", _WAITING
        )
        self._calls = families.Counter(
            "modelsmith_operator_api_calls_total", "Calls to the API server by their answers.", "verb", "kind", "code"
        )
        self._calling = families.Histogram(
            "modelsmith_operator_api_call_seconds", "Until the head of an answer was there.", _CALLING, "verb"
        )
        self._resyncs = families.Counter(
            "modelsmith_operator_resyncs_total", "Complete LISTs of every kind since the first."
        )
        self._builds = families.Counter(
            "modelsmith_operator_builds_total",
            "Builds that ended.",
            "result",
            known=((result.value,) for result in counting.Result),
        )
        self._building = families.Histogram(
            "modelsmith_operator_build_seconds", "From the start of a build's Job to its end.", _BUILDING, "result"
        )
        self._verdicts = families.Counter(
            "modelsmith_operator_gate_verdicts_total",
            "Candidates that were judged.",
            "candidate",
            "verdict",
            known=itertools.product(contract.CandidateName, contract.Verdict),
        )
        self._rollbacks = families.Counter(
            "modelsmith_operator_rollbacks_total",
            "Revisions that were sent back.",
            "reason",
            known=((reason.value,) for reason in sorted(counting.ROLLBACKS)),
        )
        self.depths: Callable[[], Mapping[str, int]] = dict
        self.sizes: Callable[[], Mapping[kinds.Kind, int]] = dict
        self.leads: Callable[[], bool] = lambda: True
        self.longest: Callable[[], float] = lambda: 0.0
        self.silences: Callable[[], Mapping[kinds.Kind, float]] = dict
        self.token: Callable[[], float | None] = lambda: None
        self.models: Callable[[], Iterable[standing.Row]] = tuple

    def reconciled(self, kind: kinds.Kind, result: str, seconds: float) -> None:
        """Count one handling: ok, failed or crashed."""
        self._reconciles.count(kind.kind, result)
        self._handling.observe(seconds, kind.kind)

    def waited(self, seconds: float) -> None:
        """Count one key that a worker took."""
        self._waiting.observe(seconds)

    def called(self, verb: str, kind: str, code: str, seconds: float) -> None:
        """Count one call that was sent, by the HTTP code of its answer, or NOBODY."""
        self._calls.count(verb, kind, code)
        self._calling.observe(seconds, verb)

    def resynced(self) -> None:
        """Count one complete LIST of every kind after the first."""
        self._resyncs.count()

    def happened(self, news: counting.News) -> None:
        """Count what a status told that was written."""
        if news.result:
            self._builds.count(news.result)
        if news.result and news.seconds is not None:
            self._building.observe(news.seconds, news.result)
        for candidate, verdict in news.verdicts:
            self._verdicts.count(candidate, verdict)
        if news.rollback:
            self._rollbacks.count(news.rollback)

    def text(self) -> str:
        """All of it, as Prometheus reads it."""
        counted = (
            *(self._reconciles, self._handling, self._waiting, self._calls, self._calling, self._resyncs),
            *(self._builds, self._building, self._verdicts, self._rollbacks),
        )
        told = itertools.chain.from_iterable(one.lines() for one in counted)
        return "\n".join((*told, *self._present(), *exposing.models(self.models()))) + "\n"

    def _present(self) -> Iterator[str]:
        """What is so just now."""
        token, name = self.token(), "modelsmith_operator_"
        yield from families.gauge(
            f"{name}leading", "1 while this replica is the one that writes.", [("", int(self.leads()))]
        )
        yield from families.gauge(
            f"{name}longest_handling_seconds", "Age of the oldest handling.", [("", self.longest())]
        )
        yield from families.gauge(
            f"{name}watch_age_seconds",
            "Since the watch of a kind was last answered; a watch is opened anew every two minutes.",
            _labelled("kind", {kind.kind: age for kind, age in self.silences().items()}),
        )
        yield from families.gauge(
            f"{name}queue_depth", "Resources that wait for a worker.", _labelled("line", self.depths())
        )
        yield from families.gauge(
            f"{name}cached_objects",
            "Objects held in memory.",
            _labelled("kind", {kind.kind: count for kind, count in self.sizes().items()}),
        )
        yield from families.gauge(
            f"{name}token_expiry_timestamp_seconds",
            "When the token of our service account ends.",
            [] if token is None else [("", token)],
        )


def _labelled(label: str, values: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """A sample for each value of one label."""
    return ((families.labelled((label,), (value,)), number) for value, number in values.items())
