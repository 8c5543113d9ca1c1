"""How one ModelBuild stands: the finding that keeps it from its result, or the result. Pure."""

import datetime as dt
from collections.abc import Sequence

from model_builder import contract
from model_operator import conditions, kinds, ladders, reasons
from model_operator.api import types
from model_operator.builds import checks, failures, reports, state, statuses

Reason = reasons.Reason
Finding = conditions.Finding
Verdict = statuses.Verdict

#: A Job may be known to be complete before its pod is.
REPORT_PATIENCE = dt.timedelta(seconds=60)


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


def _as_before(observed: state.Observed, finding: Finding | None) -> Verdict:
    last = observed.status
    return Verdict(finding, last.artifact, last.candidates, last.cache_hit, last.attempt, last.job)


def _unfinished(observed: state.Observed, finding: Finding) -> Verdict:
    """No result of this attempt; the last good artifact stays."""
    last, name = observed.status, observed.job["metadata"]["name"] if observed.job else ""
    return Verdict(finding, last.artifact, _tried(observed), last.cache_hit, observed.attempt, name)


def _tried(observed: state.Observed) -> Sequence[types.Candidate]:
    """The ladder as this attempt tells it, or as it was last told."""
    failed = _of_phase(observed, "Failed")
    told = failures.tried(failed[-1]) if failed else []
    return told or observed.status.candidates


def _complete(observed: state.Observed, now: dt.datetime) -> Verdict:
    succeeded = _of_phase(observed, "Succeeded")
    if not succeeded or observed.job is None or observed.spec is None:
        return _unfinished(observed, _report_missing(observed, now))
    report, finding = reports.artifact(succeeded[-1], observed.spec.store)
    if report is None or finding:
        return _unfinished(observed, finding or _report_missing(observed, now))
    execution = observed.spec.execution
    artifact, tried = reports.result(report, observed.spec.store, execution.requested_at), report.candidates
    name = observed.job["metadata"]["name"]
    return Verdict(None, artifact, ladders.written(tried), report.cache_hit, observed.attempt, name)


def _of_phase(observed: state.Observed, phase: str) -> list[kinds.Manifest]:
    return [pod for pod in observed.job_pods if (pod.get("status") or {}).get("phase") == phase]


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
    failed = _of_phase(observed, "Failed")
    if failed and observed.spec:
        return failures.of_pod(failed[-1], observed.spec.execution.timeout)
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
