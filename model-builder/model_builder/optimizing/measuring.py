"""How fast is a candidate against the float graph, here and now?

Both run in this process with the same options, in turn, because a shared machine is fast in one second and slow in the
next. A round is a run of each, and gives one ratio; the order alternates, so neither always runs in the other's wake.

    round 1   float float float | int8 int8 int8      ─► ratio
    round 2   int8 int8 int8 | float float float      ─► ratio
    ...                                               median and its interval
"""

import dataclasses
import time
from collections.abc import Mapping, Sequence

import numpy as np
import scipy.stats

from model_builder import arrays, contract, machine, running
from model_builder.optimizing import latencies, metrics

ROUNDS = 30
#: However slow the graphs are: a ratio of fewer rounds is none.
LEAST_ROUNDS = 3
#: Seconds of one run, in which the clock and the scheduler weigh little.
RUN = 0.005
#: Seconds of all rounds together.
PATIENCE = 8.0
#: Calls before the first counted one: caches are filled, and the runtime allocates.
WARM = 3

Feed = Mapping[str, arrays.Array]


@dataclasses.dataclass
class Contestant:
    """A graph, and the seconds that its calls took, run by run."""

    call: running.Call
    feed: Feed
    runs: list[list[float]] = dataclasses.field(default_factory=list)
    calls: int = 1

    def prepare(self) -> None:
        """Warm up, and choose how many calls make a run."""
        for _ in range(WARM):
            self.once()
        self.calls = max(1, round(RUN / min(self.once() for _ in range(WARM))))

    def run(self) -> None:
        """One run."""
        self.runs.append([self.once() for _ in range(self.calls)])

    def once(self) -> float:
        """One call; its seconds."""
        start = time.perf_counter()
        self.call(self.feed)
        return time.perf_counter() - start

    @property
    def means(self) -> arrays.Array:
        """Seconds a call, of each run: (rounds,)."""
        return np.array([np.mean(run) for run in self.runs])

    @property
    def microseconds(self) -> list[float]:
        """Of every call."""
        return [seconds * 1e6 for run in self.runs for seconds in run]


def speed(candidate: running.Call, float_graph: running.Call, feed: Feed) -> contract.Speed:
    """Run both on one request; that of a model with a batch axis is one sample."""
    first, second = Contestant(candidate, feed), Contestant(float_graph, feed)
    rounds = compete(first, second)
    edges = latencies.bins(first.microseconds, second.microseconds)
    return contract.Speed(
        batch=1,
        rounds=rounds,
        ratio=median(second.means / first.means),
        candidate=latencies.of(first.microseconds, 1, edges),
        float_graph=latencies.of(second.microseconds, 1, edges),
        threads=machine.threads(),
        cpu=machine.cpu(),
    )


def compete(first: Contestant, second: Contestant) -> int:
    """Let both run in turn until there are ROUNDS, or PATIENCE is over; the rounds."""
    deadline = time.monotonic() + PATIENCE
    first.prepare()
    second.prepare()
    for number in range(ROUNDS):
        if number >= LEAST_ROUNDS and time.monotonic() > deadline:
            return number
        for contestant in (first, second) if number % 2 else (second, first):
            contestant.run()
    return ROUNDS


def median(values: Sequence[float] | arrays.Array) -> contract.Estimate:
    """The median, with a 95 % interval that supposes nothing about the distribution.

    The number of values below the true median is binomial(n, 1/2), so the k-th smallest and the k-th largest value
    enclose it with probability 1 - 2 P(B < k) (W. J. Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section
    3.2; H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1). With fewer than 6 values even the
    smallest and the largest do not: they are taken all the same.
    """
    ordered = np.sort(np.asarray(values, float))
    least = int(scipy.stats.binom.ppf((1 - metrics.CONFIDENCE) / 2, len(ordered), 0.5))
    low = max(least - 1, 0)
    ends = (float(np.median(ordered)), float(ordered[low]), float(ordered[len(ordered) - 1 - low]))
    value, bottom, top = map(latencies.rounded, ends)
    return contract.Estimate(value=value, low=bottom, high=top)


def here(target: contract.Target) -> bool:
    """Is this machine one of those that the artifact is for? What is measured elsewhere says nothing about them."""
    return target.gpu is None and target.cpu in machine.isa()
