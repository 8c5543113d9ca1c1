"""Healthy: whether those that serve compute what the build saw. Pure.

A server is ready only after every golden request came out right, so Healthy is True with the first that is ready. Later
one golden request is asked every few seconds; wrong values then are no reason to leave the rotation (all of a revision
would leave, one by one), but this condition tells of them, and the rollback of a revision on trial follows from them.
Nothing follows from answers that drift and requests that take longer (`drifting`) but that it is told.
"""

from model_operator import conditions, kinds, reasons
from model_operator.deployments import drifting, latencies, sentinels, servers, state

Reason = reasons.Reason
HEALTHY = conditions.Type.HEALTHY


def drafts(observed: state.Observed) -> list[conditions.Draft]:
    """The condition; none before any server has been ready, and where none are wanted.

    While none is ready, or none was heard, it stays as it is.
    """
    reports = _reports(observed)
    wrong = [found for report in reports if report.firm and (found := servers.told_by_sentinel(report))]
    if wrong:
        words = f"{len(wrong)} of {len(reports)} servers that were asked: {wrong[0].message}"
        return [conditions.Draft(HEALTHY, False, wrong[0].reason, words)]
    if state.field(observed.server or {}, "spec", "replicas") == 0:
        return []
    before = conditions.again(observed.status.conditions, HEALTHY)
    available = state.field(observed.server or {}, "status", "availableReplicas")
    if not available or (before and not reports):
        return before
    return [_changing(observed, reports)]


def _changing(observed: state.Observed, reports: list[sentinels.Report]) -> conditions.Draft:
    """They answer rightly; whether what clients get changes over time."""
    before = conditions.find(observed.status.conditions, HEALTHY)
    reason = before.reason if before else ""
    drift, pace = drifting.drift(reports, reason), latencies.pace(observed, reason)
    if finding := drift.finding or pace.finding:
        return conditions.Draft(HEALTHY, False, finding.reason, finding.message)
    words = ("golden requests are answered as the build saw", drift.words, pace.words)
    return conditions.Draft(HEALTHY, True, Reason.ANSWERS_RIGHT, "; ".join(filter(None, words)))


def _reports(observed: state.Observed) -> list[sentinels.Report]:
    """Of servers that are ready."""
    ready = (pod for pod in observed.pods if kinds.condition(pod, "Ready"))
    found = (sentinels.read(observed.answers.get(pod["metadata"]["name"], "")) for pod in ready)
    return [report for report in found if report]
