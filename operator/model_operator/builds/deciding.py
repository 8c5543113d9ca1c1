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

from model_builder import contract
from model_operator import conditions, decisions, kinds, pods, reasons
from model_operator.builds import checks, reports, state, statuses
from model_operator.builds.manifests import job, request

Reason = reasons.Reason
Finding = conditions.Finding
Verdict = statuses.Verdict

#: Between looks at what is not watched: a missing source, Events of a pod that says nothing.
PATIENCE = 15.0
#: A Job may be known to be complete before its pod is.
REPORT_PATIENCE = dt.timedelta(seconds=60)
REPORT_INTERVAL = 5.0


def decide(observed: state.Observed, now: dt.datetime) -> decisions.Decision:
    """What is to be done."""
    if observed.resource["metadata"].get("deletionTimestamp"):
        return decisions.Decision()
    verdict = judge(observed, now)
    status = statuses.render(observed, verdict, now)
    return decisions.Decision(
        objects=objects(observed, verdict),
        garbage=garbage(observed),
        status=statuses.written(status),
        events=conditions.news(observed.status.conditions, status.conditions, (conditions.Type.BUILT,)),
        requeue_after=requeue(observed, verdict),
    )


def judge(observed: state.Observed, now: dt.datetime) -> Verdict:
    """How the build stands."""
    refusal = checks.spec_not_understood(observed)
    if refusal or observed.answered:
        return _as_before(observed, refusal)
    if observed.job is None or checks.suspended(observed):
        return _unfinished(observed, checks.first(checks.BEFORE_A_JOB, observed) or _building("starting"))
    if state.ended(observed.job, "Complete"):
        return _complete(observed, now)
    if failed := state.ended(observed.job, "Failed"):
        return _unfinished(observed, _failure(observed, failed, now))
    return _unfinished(observed, checks.first(checks.DURING_A_JOB, observed) or _progress(observed))


def objects(observed: state.Observed, verdict: Verdict) -> tuple[kinds.Manifest, ...]:
    """The request, and the Job unless it is there."""
    waits = verdict.finding is not None and verdict.finding.reason is Reason.BUILDING
    if observed.spec is None or not _active(observed) or (observed.job is None and not waits):
        return ()
    wanted = request.config_map(observed.resource, observed.spec.request)
    if observed.job is not None:
        return (wanted,)
    return wanted, job.job(observed.resource, observed.spec, observed.attempt)


def garbage(observed: state.Observed) -> tuple[kinds.Manifest, ...]:
    """Jobs that nobody waits for. The Job that ended this attempt stays: people read its log."""
    if observed.spec is None:
        return ()
    if observed.answered or observed.spec.execution.suspend:
        return tuple(one for one in observed.jobs if not state.over(one))
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
    newest = checks.newest(observed)
    return PATIENCE if newest is None or pods.silent(newest) else None


def _active(observed: state.Observed) -> bool:
    """A Job is wanted, and not over."""
    return not (
        observed.answered or checks.suspended(observed) or (observed.job is not None and state.over(observed.job))
    )


def _as_before(observed: state.Observed, finding: Finding | None) -> Verdict:
    last = observed.status
    return Verdict(finding, last.artifact, last.cache_hit, last.attempt, last.job)


def _unfinished(observed: state.Observed, finding: Finding) -> Verdict:
    """No result of this attempt; the last good artifact stays."""
    name = observed.job["metadata"]["name"] if observed.job else ""
    return Verdict(finding, observed.status.artifact, observed.status.cache_hit, observed.attempt, name)


def _complete(observed: state.Observed, now: dt.datetime) -> Verdict:
    succeeded = [pod for pod in observed.job_pods if (pod.get("status") or {}).get("phase") == "Succeeded"]
    if not succeeded or observed.job is None or observed.spec is None:
        return _unfinished(observed, _report_missing(observed, now))
    report, finding = reports.artifact(succeeded[-1])
    if report is None or finding:
        return _unfinished(observed, finding or _report_missing(observed, now))
    execution = observed.spec.execution
    artifact = reports.result(report, observed.spec.store.claim_name, execution.requested_at)
    return Verdict(None, artifact, report.cache_hit, observed.attempt, observed.job["metadata"]["name"])


def _report_missing(observed: state.Observed, now: dt.datetime) -> Finding:
    """The pod may come with the next event, or was removed."""
    if _recent(((observed.job or {}).get("status") or {}).get("completionTime"), now):
        return _building("reading the report")
    return Finding(
        Reason.REPORT_LOST,
        "the build ended well, but its pod was removed before its report was read; delete the Job to build again:"
        " the store has the artifact, so it is quick",
        conditions.Outlook.STUCK,
    )


def _failure(observed: state.Observed, condition: kinds.Manifest, now: dt.datetime) -> Finding:
    """Why the Job failed: its newest pod's words, or what they were when they were last seen."""
    failed = [pod for pod in observed.job_pods if (pod.get("status") or {}).get("phase") == "Failed"]
    if failed and observed.spec:
        return reports.failure(failed[-1], observed.spec.execution.timeout)
    if remembered := _remembered(observed):
        return remembered
    if _recent(condition.get("lastTransitionTime"), now):
        return _building("reading the report")
    said = condition.get("message") or condition.get("reason", "")
    return Finding(Reason.BUILD_CRASHED, f"the Job failed and left no pod: {said}", conditions.Outlook.STUCK)


def _remembered(observed: state.Observed) -> Finding | None:
    """What was said of this very Job: pods are collected sooner than Jobs, and their words with them."""
    last, built = observed.status, conditions.find(observed.status.conditions, conditions.Type.BUILT)
    same = observed.job is not None and last.job == observed.job["metadata"]["name"]
    if not same or built is None or not conditions.find(last.conditions, conditions.Type.STALLED):
        return None
    return Finding(reasons.known(built.reason), built.message, conditions.Outlook.STUCK)


def _recent(ended: str | None, now: dt.datetime) -> bool:
    """Jobs and pods are watched apart: for a moment the one may be known to be over and the other not."""
    return bool(ended) and now - dt.datetime.fromisoformat(str(ended)) < REPORT_PATIENCE


def _progress(observed: state.Observed) -> Finding:
    step = checks.running_step(observed)
    if not step:
        return _building("the pod is starting")
    order = [each.value for each in contract.Step]
    return _building(f"{step} is running ({order.index(step) + 1} of {len(order)})")


def _building(message: str) -> Finding:
    return Finding(Reason.BUILDING, message)
