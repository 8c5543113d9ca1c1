"""A revision that is tried on a share of the requests, step by step, before it is rolled out. Pure.

    its servers come ─► all are ready: the step begins ─► its time is over ─► the next step, or: promoted
                                        │ a server is to blame, or the analysis fails ─► sent back
                                        └ the annotation modelsmith.dev/promote names it ─► promoted at once

Where it stands is written in status.rollout.canary, and read from there: whoever decides next goes on from it.
"""

import dataclasses
import datetime as dt
import math

from model_operator import conditions, names, reasons
from model_operator.api import deployment, rollouts, types
from model_operator.deployments import analysing, revisions, rollout, scaling, sentinels, state, trials

Reason = reasons.Reason
Finding = conditions.Finding

#: Seconds between two looks at the sentinels of both revisions.
POLL = 5.0
DEFAULT = rollouts.Canary()


@dataclasses.dataclass(frozen=True)
class Trial:
    """Where a canary stands, and what follows: `promoted`, or `cause` to send it back for, or else it goes on."""

    status: rollouts.CanaryStatus
    finding: Finding
    promoted: bool = False
    cause: Finding | None = None


def look(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, revision: revisions.Revision, now: dt.datetime
) -> Trial:
    """Where the canary of a revision stands now."""
    limits = spec.serving.rollout.canary or DEFAULT
    status = _status(observed, spec, revision, limits)
    progress = rollout.judge_canary(observed, revision.name, status.replicas)
    status = status.model_copy(update={"ready": progress.ready})
    if progress.finding is None and not _begun(status, now):
        status = status.model_copy(update={"since": conditions.timestamp(now)})
    if cause := trials.blame(observed, revision.name, status.replicas, now):
        return Trial(status, cause, cause=cause)
    if observed.promoted == revision.name:
        return Trial(status, _words(status, limits, progress), promoted=True)
    return _judged(observed, Trial(status, _words(status, limits, progress)), limits, now)


def servers_for(weight: int, stable: int, *, routed: bool) -> int:
    """Servers that get a share of the requests beside `stable` others.

    As many as make it so, and beyond a half as many as serve; where a route weighs, as many as carry it.
    """
    share = weight / 100
    wanted = stable * share if routed else stable * share / max(1 - share, share)
    return max(1, math.ceil(wanted - 1e-9))


def is_due(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> bool:
    """Whether a new revision is tried first: beside one that is known to be good, and serves."""
    served = {entry.revision for entry in observed.status.history}
    wanted = spec.serving.rollout.strategy == "canary" and scaling.scale(observed, spec).count > 0
    return wanted and observed.deployed in served


def _status(
    observed: state.Observed,
    spec: deployment.ModelDeploymentSpec,
    revision: revisions.Revision,
    limits: rollouts.Canary,
) -> rollouts.CanaryStatus:
    """As it was written last, or its beginning; a step that the spec no longer has is its last one."""
    last = observed.status.rollout.canary if observed.status.rollout else None
    if last is None or last.revision != revision.name:
        last = rollouts.CanaryStatus(revision=revision.name)
    number = min(last.step, len(limits.steps))
    weight = limits.steps[number - 1].weight
    replicas = servers_for(weight, scaling.scale(observed, spec).count, routed=spec.serving.gateway is not None)
    return last.model_copy(update={"step": number, "weight": weight, "replicas": replicas})


def _judged(observed: state.Observed, trial: Trial, limits: rollouts.Canary, now: dt.datetime) -> Trial:
    """Held against the revision beside it, and against the time."""
    status, step = trial.status, limits.steps[trial.status.step - 1]
    analysis = analysing.compare(_reports(observed, status.revision), _reports(observed, observed.deployed), limits)
    if status.since and analysis.finding:
        return dataclasses.replace(trial, cause=analysis.finding)
    if not (status.since and step.duration and _over(status.since, step.duration, now)):
        return trial
    status = status.model_copy(update={"figures": analysis.figures})
    if status.step == len(limits.steps):
        return dataclasses.replace(trial, status=status, promoted=True)
    return dataclasses.replace(trial, status=status.model_copy(update={"step": status.step + 1, "since": ""}))


def _reports(observed: state.Observed, revision: str) -> list[sentinels.Report]:
    found = (sentinels.read(observed.answers.get(pod["metadata"]["name"], "")) for pod in observed.pods_of(revision))
    return [report for report in found if report]


def _begun(status: rollouts.CanaryStatus, now: dt.datetime) -> bool:
    """The step has a beginning. One that lies ahead was written by a clock that has been set back since."""
    return bool(status.since) and dt.datetime.fromisoformat(status.since) <= now


def _over(since: str, duration: str, now: dt.datetime) -> bool:
    return now - dt.datetime.fromisoformat(since) >= dt.timedelta(seconds=types.seconds(duration))


def _words(status: rollouts.CanaryStatus, limits: rollouts.Canary, progress: rollout.Progress) -> Finding:
    step = limits.steps[status.step - 1]
    servers_ = f"{status.replicas} server{'s' if status.replicas > 1 else ''}"
    where = f"revision {status.revision} is tried: step {status.step} of {len(limits.steps)}, {servers_} for"
    if progress.finding:
        return Finding(Reason.CANARY, f"{where} {status.weight} % of the requests; {progress.finding.message}")
    until = (
        f"for {step.duration} since {status.since}"
        if step.duration
        else (f"since {status.since}, until the annotation {names.PROMOTE} names it (`modelsmith promote`)")
    )
    return Finding(Reason.CANARY, f"{where} {status.weight} % of the requests, {until}")
