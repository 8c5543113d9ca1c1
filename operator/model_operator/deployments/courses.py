"""Which revision serves, which is tried beside it, and which was sent back. Pure.

    spec.serving.rollout.pin                          ─► that revision, whatever else is wanted
    nothing is wanted yet (no artifact, suspended)    ─► all stays as it is
    the wanted one was sent back, or is to be blamed  ─► the last good one; the wanted one is not tried again
    strategy canary, beside a good one                ─► the good one, and the wanted one on a share of the requests
    anything else                                     ─► the wanted one

The first line that fits counts.
"""

import dataclasses
import datetime as dt

from model_operator import conditions, names, reasons
from model_operator.api import deployment, rollouts
from model_operator.deployments import canaries, revisions, scaling, state, trials

Reason = reasons.Reason
Finding = conditions.Finding
STUCK = conditions.Outlook.STUCK


@dataclasses.dataclass(frozen=True)
class Course:
    """What is served.

    stable    of the stable track; None leaves it as it is
    tried     of the canary track; None wants none
    settled   whether what stands here is the whole will: without it a canary that is there stays as it is
    finding   what keeps the resource from being Ready though the stable track may be complete
    canary    where the canary stands, for the status
    rejected  what was sent back, for the status
    pinned    the revision was chosen by a person
    """

    stable: revisions.Revision | None
    tried: revisions.Revision | None = None
    settled: bool = True
    finding: Finding | None = None
    canary: rollouts.CanaryStatus | None = None
    rejected: rollouts.Rejection | None = None
    pinned: bool = False

    @property
    def trying(self) -> bool:
        """A revision is tried beside another one."""
        return self.tried is not None and self.tried != self.stable


def choose(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, wanted: revisions.Revision | None, now: dt.datetime
) -> Course:
    """The course from here."""
    if spec.serving.rollout.pin:
        return _pinned(observed, spec.serving.rollout.pin)
    if wanted is None:
        return _as_it_is(observed)
    if told := trials.standing(observed, wanted.name):
        return _sent_back(observed, wanted, told)
    if wanted.name != observed.deployed and canaries.is_due(observed, spec):
        return _tried(observed, spec, wanted, now)
    good = trials.last_good(observed, without=wanted.name)
    cause = trials.blame(observed, wanted.name, scaling.scale(observed, spec).count, now) if good else None
    if cause:
        return _judged(observed, wanted, trials.reject(observed, wanted.name, cause, now))
    return Course(wanted, tried=_promoting(observed, wanted), canary=_before(observed, wanted))


def _pinned(observed: state.Observed, pin: str) -> Course:
    if kept := revisions.kept(observed, pin):
        return Course(kept, pinned=True)
    there = sorted(one["metadata"]["name"] for one in observed.revisions)
    words = (
        f"spec.serving.rollout.pin names revision {pin!r}, and what is kept is {', '.join(there) or 'none'};"
        " name one of these, or drop the pin; what serves goes on"
    )
    finding = Finding(Reason.PIN_NOT_FOUND, words, STUCK)
    return dataclasses.replace(_as_it_is(observed), finding=finding)


def _as_it_is(observed: state.Observed) -> Course:
    last = observed.status.rollout or rollouts.RolloutStatus(revision="")
    deployed = revisions.kept(observed, observed.deployed)
    return Course(deployed, settled=False, canary=last.canary, rejected=last.rejected)


def _sent_back(observed: state.Observed, wanted: revisions.Revision, told: rollouts.Rejection) -> Course:
    good = trials.last_good(observed, without=wanted.name)
    serves = f"revision {good.name} serves" if good else "no other revision is kept"
    words = (
        f"revision {told.revision} was rolled back ({told.reason}: {told.message}); {serves}. Change the spec, or set"
        f" {names.REQUESTED_AT} to a new value to have it tried again"
    )
    return Course(good or wanted, finding=Finding(Reason.ROLLED_BACK, words, STUCK), rejected=told)


def _judged(observed: state.Observed, wanted: revisions.Revision, told: rollouts.Rejection) -> Course:
    """The judgement is written down before anything follows from it.

    The servers that gave rise to it leave at once, and whoever decides next sees nothing of them any more.
    """
    after = _sent_back(observed, wanted, told)
    return dataclasses.replace(_as_it_is(observed), finding=after.finding, rejected=told, canary=None)


def _tried(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, wanted: revisions.Revision, now: dt.datetime
) -> Course:
    """The revision that serves, and the wanted one beside it."""
    trial = canaries.look(observed, spec, wanted, now)
    if trial.cause:
        return _judged(observed, wanted, trials.reject(observed, wanted.name, trial.cause, now))
    if trial.promoted:
        return Course(wanted, tried=wanted, canary=trial.status)
    deployed = revisions.kept(observed, observed.deployed)
    return Course(deployed, tried=wanted, finding=trial.finding, canary=trial.status)


def _promoting(observed: state.Observed, wanted: revisions.Revision) -> revisions.Revision | None:
    """Its canary stays until the stable track has taken over."""
    return wanted if state.revision_of(observed.canary) == wanted.name else None


def _before(observed: state.Observed, wanted: revisions.Revision) -> rollouts.CanaryStatus | None:
    """Where its canary stood: the figures go into the history."""
    last = observed.status.rollout.canary if observed.status.rollout else None
    return last if last and last.revision == wanted.name else None
