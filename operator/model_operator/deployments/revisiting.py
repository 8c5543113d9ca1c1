"""When to look again without a cause: only for what no event will tell. Pure."""

import datetime as dt

from model_operator import conditions, pods, reasons
from model_operator.deployments import canaries, servers, state, statuses, trials

Reason = reasons.Reason
Finding = conditions.Finding

#: Between looks at what is not watched: a ConfigMap that is missing, Events of a pod that says nothing.
PATIENCE = 15.0
#: What is written down is acted upon.
AT_ONCE = 0.1
#: Between questions to a sentinel: a model that does not load is no event.
SENTINEL_PATIENCE = 5.0
#: Between questions to sentinels of servers that are ready, and on trial.
BAKING_PATIENCE = 15.0
#: Between looks at the nodes while none takes a server: they are not watched.
NODES_PATIENCE = 30.0
#: Until somebody's object may have made room for ours.
TAKEN_PATIENCE = 60.0
_UNWATCHED = {
    Reason.SOURCE_NOT_FOUND: PATIENCE,
    Reason.FILE_NOT_IN_SOURCE: PATIENCE,
    Reason.SECRET_NOT_OFFERED: PATIENCE,
    Reason.NAME_TAKEN: TAKEN_PATIENCE,
}


def after(observed: state.Observed, outcome: statuses.Outcome, now: dt.datetime) -> float | None:
    """When to look without a cause: only for what no event will tell."""
    finding = outcome.finding
    if outcome.course.rejected and outcome.course.rejected != trials.rejected(observed.status):
        return AT_ONCE
    if outcome.course.trying:
        return canaries.POLL
    if finding is None:
        return BAKING_PATIENCE if trials.bakes(observed, outcome.revision, now) else None
    return _requeue_for(observed, finding)


def _requeue_for(observed: state.Observed, finding: Finding) -> float | None:
    """When what keeps it may have changed, and nobody would tell."""
    if finding.reason in _UNWATCHED:
        return _UNWATCHED[Reason(finding.reason)]
    if any(map(servers.runs_unready, observed.pods)):
        return SENTINEL_PATIENCE
    if any(map(pods.silent, observed.pods)):
        return PATIENCE
    return NODES_PATIENCE if observed.survey else None
