"""Whether a canary does as well as the revision beside it, by what the sentinels of both have counted. Pure.

Triton counts requests and the time they took; each sentinel tells the last minute of it. There is no percentile in
that: averages are compared, of as many requests as are asked for.
"""

import dataclasses
from collections.abc import Iterable

from model_operator import conditions, reasons
from model_operator.api import rollouts
from model_operator.deployments import sentinels

Finding = conditions.Finding
Report = sentinels.Report


@dataclasses.dataclass(frozen=True)
class Total:
    """The traffic of some servers."""

    succeeded: int = 0
    failed: int = 0
    mean_ms: float = 0.0

    @property
    def requests(self) -> int:
        """All of them."""
        return self.succeeded + self.failed


@dataclasses.dataclass(frozen=True)
class Analysis:
    """What came of it: why the canary is worse, if it is; and the figures."""

    finding: Finding | None
    figures: str


def compare(canary: Iterable[Report], stable: Iterable[Report], limits: rollouts.Canary) -> Analysis:
    """Hold one against the other."""
    new, old = total(canary), total(stable)
    finding = _fails(new, limits) or _slow(new, old, limits)
    return Analysis(finding, _figures(new, old, limits))


def total(reports: Iterable[Report]) -> Total:
    """Of several servers; the mean is that of all their requests."""
    return sum_up(report.traffic for report in reports if report.traffic)


def sum_up(traffic: Iterable[sentinels.Traffic]) -> Total:
    """The same, of their traffic."""
    told = list(traffic)
    succeeded = sum(one.succeeded for one in told)
    time = sum(one.mean_ms * one.succeeded for one in told)
    return Total(succeeded, sum(one.failed for one in told), time / succeeded if succeeded else 0.0)


def _fails(new: Total, limits: rollouts.Canary) -> Finding | None:
    if new.requests < limits.min_requests or new.failed * 100 <= limits.max_failed_percent * new.requests:
        return None
    words = (
        f"{new.failed:,} of {new.requests:,} requests failed within a minute,"
        f" and maxFailedPercent is {limits.max_failed_percent}"
    )
    return Finding(reasons.Reason.ANALYSIS_FAILED, words)


def _slow(new: Total, old: Total, limits: rollouts.Canary) -> Finding | None:
    judged = min(new.succeeded, old.succeeded) >= limits.min_requests
    if not judged or new.mean_ms <= old.mean_ms * (1 + limits.max_slowdown_percent / 100):
        return None
    words = (
        f"a request takes {new.mean_ms:.3g} ms on average, and {old.mean_ms:.3g} ms with the revision that serves;"
        f" maxSlowdownPercent is {limits.max_slowdown_percent}"
    )
    return Finding(reasons.Reason.ANALYSIS_FAILED, words)


def _figures(new: Total, old: Total, limits: rollouts.Canary) -> str:
    """What was seen, and where it was too little to say anything."""
    if new.requests < limits.min_requests:
        return f"{new.requests:,} requests within a minute are too few to judge by; golden answers are right"
    failed = f"{new.failed:,} of {new.requests:,} requests failed within a minute"
    if min(new.succeeded, old.succeeded) < limits.min_requests:
        return f"{failed}; {new.mean_ms:.3g} ms on average, with too few requests beside it to compare"
    return f"{failed}; {new.mean_ms:.3g} ms on average, {old.mean_ms:.3g} ms with the revision before"
