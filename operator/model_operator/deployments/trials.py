"""Whom to blame for what does not work, and what is gone back to. Pure.

    it does not compose or load, answers wrongly, crashes, needs more memory,
    fails its canary, is silent until the deadline        ─► the revision: sent back, not tried again
    no node, image, volume or registry, refused pods,
    a node's eviction, somebody who ends servers          ─► the cluster: waited for, and told

A revision is on trial until all its servers have been ready for a while. What fails later was good once: the cause is
somewhere else, and another revision would not mend it. What was gone back to is never blamed, so there is no loop.
"""

import datetime as dt

from model_operator import conditions, reasons
from model_operator.api import deployment, rollouts
from model_operator.deployments import revisions, rollout, sentinels, servers, state

Reason = reasons.Reason
Finding = conditions.Finding

#: They are of the revision: the same servers elsewhere, or later, would do the same.
BLAMED = frozenset(
    {
        Reason.COMPOSE_FAILED,
        Reason.MODEL_NOT_LOADED,
        Reason.ANSWERS_WRONG,
        Reason.SERVER_CRASHED,
        Reason.OUT_OF_MEMORY,
        Reason.ROLLOUT_STUCK,
    }
)
#: After all its servers were ready for the first time.
BAKE = dt.timedelta(minutes=10)


def last_good(observed: state.Observed, without: str) -> revisions.Revision | None:
    """The newest revision that served fully and can be served again, other than one."""
    names = (entry.revision for entry in observed.status.history if entry.revision != without)
    return next(filter(None, (revisions.kept(observed, name) for name in names)), None)


def on_trial(observed: state.Observed, revision: str, now: dt.datetime) -> bool:
    """It has not served fully yet, or not for long."""
    entry = next((entry for entry in observed.status.history if entry.revision == revision), None)
    return entry is None or now - dt.datetime.fromisoformat(entry.since) < BAKE


def bakes(observed: state.Observed, revision: str, now: dt.datetime) -> bool:
    """It serves fully, not for long, and there is another to go back to: its servers are asked how they do."""
    return bool(revision) and on_trial(observed, revision, now) and last_good(observed, without=revision) is not None


def blame(observed: state.Observed, revision: str, replicas: int, now: dt.datetime) -> Finding | None:
    """What a revision on trial is to be sent back for."""
    if not on_trial(observed, revision, now):
        return None
    causes = (servers.cause(observed, revision, firmly=True), servers.answers_wrongly(observed, revision))
    blamed = (cause for cause in causes if cause and cause.reason in BLAMED)
    return next(blamed, None) or _stuck(observed, revision, replicas)


def _stuck(observed: state.Observed, revision: str, replicas: int) -> Finding | None:
    """What keeps the track that runs it past its deadline."""
    judge = rollout.judge if revision == observed.deployed else rollout.judge_canary
    found = judge(observed, revision, replicas).finding
    return found if found and found.outlook is conditions.Outlook.STUCK else None


def reject(observed: state.Observed, revision: str, cause: Finding, now: dt.datetime) -> rollouts.Rejection:
    """Write down that a revision is sent back."""
    return rollouts.Rejection(
        revision=revision,
        reason=cause.reason,
        message=conditions.cut(cause.message, sentinels.WORDS_LIMIT),
        at=conditions.timestamp(now),
        requested_at=observed.requested_at,
    )


def standing(observed: state.Observed, wanted: str) -> rollouts.Rejection | None:
    """That the wanted revision was sent back, while nobody has asked for another try."""
    told = rejected(observed.status)
    if told is None or told.revision != wanted or told.requested_at != observed.requested_at:
        return None
    return told


def rejected(status: deployment.ModelDeploymentStatus) -> rollouts.Rejection | None:
    """What was written down last."""
    return status.rollout.rejected if status.rollout else None
