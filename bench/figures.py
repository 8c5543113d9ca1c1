"""Figures with their number and spread, and whether they are what was promised."""

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence

from bench import rounds

Figure = Callable[[rounds.Sample], float]
MIB = 2**20


@dataclasses.dataclass(frozen=True)
class Measured:
    """One figure of several rounds."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def text(self, digits: int = 1) -> str:
        """Median, and the least and the greatest."""
        low, high = min(self.values), max(self.values)
        return f"{self.median:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def writes(sample: rounds.Sample) -> float:
    """Requests that write, a resource; Events apart."""
    return sample.writes.total / sample.count


def statuses(sample: rounds.Sample) -> float:
    """Of these, statuses."""
    return sum(count for kind, count in sample.writes.kinds.items() if kind.endswith("/status")) / sample.count


def events(sample: rounds.Sample) -> float:
    """Kubernetes Events, a resource."""
    return sample.writes.events / sample.count


def milliseconds(sample: rounds.Sample) -> float:
    """Processor time, a resource."""
    return 1000 * sample.cpu / sample.count


def memory(sample: rounds.Sample) -> float:
    """Resident memory in MiB."""
    return sample.resident / MIB


def latency(share: float) -> Figure:
    """A quantile of the added latency, in milliseconds."""
    return lambda sample: 1000 * quantile(sample.latencies, share)


def duration(sample: rounds.Sample) -> float:
    """Seconds until the last was Ready."""
    return sample.seconds


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that this share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def measured(samples: Sequence[rounds.Sample], figure: Figure) -> Measured:
    """A figure of each round."""
    return Measured([figure(sample) for sample in samples])


def ratio(ours: Sequence[rounds.Sample], theirs: Sequence[rounds.Sample], figure: Figure) -> Measured:
    """Round by round, so that what slows the machine slows both."""
    return Measured([figure(one) / max(figure(other), 1e-9) for one, other in zip(ours, theirs, strict=True)])


def difference(ours: Sequence[rounds.Sample], theirs: Sequence[rounds.Sample], figure: Figure) -> Measured:
    """Round by round, like `ratio`."""
    return Measured([figure(one) - figure(other) for one, other in zip(ours, theirs, strict=True)])
