"""Healthy: whether those that serve compute what the build saw. Pure.

A server is ready only after every golden request came out right, so Healthy is True with the first that is ready. Later
one golden request is asked every few seconds; wrong values then are no reason to leave the rotation (all of a revision
would leave, one by one), but this condition tells of them, and the rollback of a revision on trial follows from them.
"""

from model_operator import conditions, kinds, reasons
from model_operator.deployments import sentinels, servers, state

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
    return [conditions.Draft(HEALTHY, True, Reason.ANSWERS_RIGHT, "golden requests are answered as the build saw")]


def _reports(observed: state.Observed) -> list[sentinels.Report]:
    """Of servers that are ready."""
    ready = (pod for pod in observed.pods if kinds.condition(pod, "Ready"))
    found = (sentinels.read(observed.answers.get(pod["metadata"]["name"], "")) for pod in ready)
    return [report for report in found if report]
