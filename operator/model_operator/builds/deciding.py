"""The next step of one ModelBuild. Pure: what is observed, and the time, give the Decision.

    answered (an artifact, and nobody asked since) ─► nothing runs
    suspended                                      ─► what runs is removed
    no Job of this attempt                         ─► wait for source and store, then make it
    Job unfinished                                 ─► say how far it is, or what it waits for
    Job complete                                   ─► publish's report is the artifact
    Job failed                                     ─► the first failed container's words are the reason

A Job is made once and never changed: what is different is another attempt, with another name.
"""

import datetime as dt

from model_operator import conditions, decisions, kinds, ladders, pods, reasons
from model_operator.api import build
from model_operator.builds import checks, judging, state, statuses
from model_operator.builds.manifests import job

Reason = reasons.Reason
Verdict = statuses.Verdict

#: Between looks at what is not watched: a missing source, Events of a pod that says nothing.
PATIENCE = 15.0
REPORT_INTERVAL = 5.0


def decide(observed: state.Observed, now: dt.datetime) -> decisions.Decision:
    """What is to be done."""
    if observed.resource["metadata"].get("deletionTimestamp"):
        return decisions.Decision()
    verdict = judging.judge(observed, now)
    status = statuses.render(observed, verdict, now)
    return decisions.Decision(
        objects=objects(observed, verdict),
        garbage=garbage(observed),
        status=statuses.written(status),
        events=bad_news(observed.status, status),
        requeue_after=requeue(observed, verdict),
    )


def objects(observed: state.Observed, verdict: Verdict) -> tuple[kinds.Manifest, ...]:
    """The Job, unless it is there, or has to wait for something."""
    begins = verdict.finding is not None and verdict.finding.reason is Reason.BUILDING
    if observed.spec is None or observed.job is not None or not begins:
        return ()
    return (job.job(observed.resource, observed.spec, observed.attempt),)


def bad_news(before: build.ModelBuildStatus, after: build.ModelBuildStatus) -> tuple[decisions.Event, ...]:
    """What went wrong. That all goes well is told by the ModelDeployments that asked for it, in the same words."""
    fallen = ladders.news(before.candidates, after.candidates)
    news = conditions.news(before.conditions, after.conditions, (conditions.Type.BUILT,))
    return tuple(one for one in (*fallen, *news) if one.type is decisions.EventType.WARNING)


def garbage(observed: state.Observed) -> tuple[kinds.Manifest, ...]:
    """Jobs that nobody waits for. The Job that ended this attempt stays: people read its log."""
    if observed.spec is None:
        return ()
    if observed.spec.execution.suspend:
        return tuple(one for one in observed.jobs if not state.over(one))
    if observed.answered:  # by the Job of this attempt, if there is one: that it ended may not have been seen yet
        return tuple(one for one in observed.jobs if one is not observed.job and not state.over(one))
    return tuple(one for one in observed.jobs if one is not observed.job)


def requeue(observed: state.Observed, verdict: Verdict) -> float | None:
    """When to look without a cause: only for what no event will tell."""
    finding = verdict.finding
    if finding is None or finding.outlook is not conditions.Outlook.WAITING:
        return None
    if observed.job is None:
        return None if finding.reason is Reason.BUILDING else PATIENCE
    if state.over(observed.job):
        return REPORT_INTERVAL
    if finding.reason is Reason.QUEUED:
        return None
    newest = checks.newest(observed)
    return PATIENCE if newest is None or pods.silent(newest) else None
