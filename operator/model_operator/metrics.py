"""Counters and gauges, in Prometheus' text format. Few enough to need no library."""

import collections
from collections.abc import Callable, Iterable

from model_operator import kinds

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What the operator did since it started, and what it holds now."""

    def __init__(self) -> None:
        """Start at nought."""
        self._reconciles: collections.Counter[tuple[str, str]] = collections.Counter()
        self._writes: collections.Counter[tuple[str, str]] = collections.Counter()
        self._seconds = 0.0
        self._resyncs = 0
        self.depth: Callable[[], int] = lambda: 0
        self.sizes: Callable[[], dict[kinds.Kind, int]] = dict
        self.leads: Callable[[], bool] = lambda: True
        self.longest: Callable[[], float] = lambda: 0.0
        self.silences: Callable[[], dict[kinds.Kind, float]] = dict

    def reconciled(self, kind: kinds.Kind, result: str, seconds: float) -> None:
        """Count one handling: ok, waiting (for somebody else) or failed."""
        self._reconciles[kind.kind, result] += 1
        self._seconds += seconds

    def resynced(self) -> None:
        """Count one complete LIST of every kind after the first."""
        self._resyncs += 1

    def written(self, verb: str, kind: kinds.Kind) -> None:
        """Count one write that was sent, whatever came of it."""
        self._writes[verb, kind.kind] += 1

    def text(self) -> str:
        """All of it."""
        return "".join(
            (
                _family(
                    "reconciles_total",
                    "counter",
                    "Handlings by result.",
                    (
                        (f'kind="{kind}",result="{result}"', count)
                        for (kind, result), count in sorted(self._reconciles.items())
                    ),
                ),
                _family("reconcile_seconds_total", "counter", "Time spent handling.", [("", self._seconds)]),
                _family(
                    "writes_total",
                    "counter",
                    "Writes sent to the API server.",
                    ((f'verb="{verb}",kind="{kind}"', count) for (verb, kind), count in sorted(self._writes.items())),
                ),
                _family(
                    "resyncs_total", "counter", "Complete LISTs of every kind since the first.", [("", self._resyncs)]
                ),
                _family("leading", "gauge", "1 while this replica is the one that writes.", [("", int(self.leads()))]),
                _family("longest_handling_seconds", "gauge", "Age of the oldest handling.", [("", self.longest())]),
                _family(
                    "watch_age_seconds",
                    "gauge",
                    "Since the watch of a kind was last answered; a watch is opened anew every two minutes.",
                    ((f'kind="{kind.kind}"', age) for kind, age in self.silences().items()),
                ),
                _family("queue_depth", "gauge", "Resources that wait for a worker.", [("", self.depth())]),
                _family(
                    "cached_objects",
                    "gauge",
                    "Objects held in memory.",
                    ((f'kind="{kind.kind}"', count) for kind, count in self.sizes().items()),
                ),
            )
        )


def _family(name: str, kind: str, description: str, samples: Iterable[tuple[str, float]]) -> str:
    """One metric with its samples."""
    name = f"modelsmith_operator_{name}"
    lines = [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"
