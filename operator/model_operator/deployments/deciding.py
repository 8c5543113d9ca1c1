"""The next step of one ModelDeployment. Pure: what is observed, and the time, give the Decision.

    refused (a spec that cannot be carried out)     ─► say so; touch nothing
    suspended                                       ─► what serves is kept up; nothing new
    no artifact for what is asked                   ─► ask for the build; the last revision serves on
    an artifact                                     ─► its revision is rolled out, or tried first (`courses`);
                                                       the last serves until it is ready, or again when it fails
    the revision serves all wanted servers          ─► Ready; builds that nobody needs any more are let go
    being deleted                                   ─► nothing is made for it any more (`finalizing`)

What is not asked for is left as it is: an object that is missing from a Decision is not deleted.
"""

import dataclasses
import datetime as dt

from model_operator import conditions, decisions, kinds, ladders, locations, reasons, refusals
from model_operator.api import build, deployment, parsing
from model_operator.deployments import (
    building,
    checks,
    children,
    collecting,
    courses,
    engines,
    finalizing,
    owning,
    releasing,
    removing,
    requests,
    revisions,
    revisiting,
    rollout,
    scaling,
    state,
    statuses,
    strategies,
    trials,
)
from model_operator.deployments.manifests import build as build_manifests
from model_operator.deployments.manifests import server

Reason = reasons.Reason
Finding = conditions.Finding
Outcome = statuses.Outcome
Wanted = requests.Wanted

#: Conditions whose changes are news.
_NEWS = (conditions.Type.ACCEPTED, conditions.Type.BUILT, conditions.Type.HEALTHY, conditions.Type.READY)
#: Without them there is no artifact.
_ASKING = frozenset({kinds.MODEL_BUILD.kind, kinds.PERSISTENT_VOLUME_CLAIM.kind})


@dataclasses.dataclass(frozen=True)
class Plan:
    """What was found out, and what follows for the cluster."""

    outcome: Outcome
    objects: tuple[kinds.Manifest, ...] = ()
    garbage: tuple[kinds.Manifest, ...] = ()
    events: tuple[decisions.Event, ...] = ()
    requeue_after: float | None = None
    rehearsed: tuple[kinds.Manifest, ...] = ()


def decide(observed: state.Observed, now: dt.datetime) -> decisions.Decision:
    """What is to be done."""
    if state.leaving(observed.resource):
        return finalizing.end(observed, now)
    refusal = checks.refusal(observed)
    if refusal or observed.spec is None:
        plan = refused(observed, refusal)
    else:
        plan = cleaned(observed, observed.spec, accepted(observed, observed.spec, now), now)
    outcome = unwritten(observed, plan.outcome)
    status = statuses.render(observed, outcome, now)
    return decisions.Decision(
        rehearsed=plan.rehearsed,
        objects=plan.objects,
        garbage=plan.garbage,
        status=statuses.written(status),
        finalizer=finalizing.wanted(observed),
        events=(
            *fallen(observed, status),
            *engines.news(observed, status.autoscaling),
            *conditions.news(observed.status.conditions, status.conditions, _NEWS),
            *plan.events,
        ),
        requeue_after=_soonest(revisiting.after(observed, outcome, now), plan.requeue_after, engines.revisit(observed)),
    )


def _soonest(*seconds: float | None) -> float | None:
    return min((one for one in seconds if one), default=None)


def fallen(observed: state.Observed, status: deployment.ModelDeploymentStatus) -> tuple[decisions.Event, ...]:
    """Which candidates of the build did not pass. Another build is another story."""
    last, present = observed.status.build, status.build
    before = last.candidates if last and present and last.name == present.name else []
    return ladders.news(before, present.candidates if present else [])


def unwritten(observed: state.Observed, outcome: Outcome) -> Outcome:
    """With what could not be written. What the artifact waits for comes of it, when it is the build or its claim."""
    asking = refusals.first(observed.refused, _ASKING) if outcome.built else None
    unwritten = refusals.first(one for one in observed.refused if one.kind not in refusals.SCALERS)
    return dataclasses.replace(outcome, unwritten=unwritten, built=asking or outcome.built)


def refused(observed: state.Observed, refusal: Finding | None) -> Plan:
    """Nothing is written: not even the number of servers can be believed."""
    wanted = state.field(observed.server or {}, "spec", "replicas") or 0
    progress = rollout.judge(observed, observed.deployed, wanted)
    return Plan(Outcome(refusal=refusal, progress=progress))


def accepted(observed: state.Observed, spec: deployment.ModelDeploymentSpec, now: dt.datetime) -> Plan:
    """The build, and what its artifact makes possible."""
    wanted = requests.wanted(observed, spec)
    missing = checks.before_a_build(observed, spec, wanted)
    if wanted is None or missing:
        return serve(observed, spec, Outcome(suspended=_suspended(spec), built=missing), now)
    manifest, suspended = observed.build(wanted.name), _suspended(spec)
    status = parsing.status(build.ModelBuildStatus, manifest or {})
    built = suspended if suspended and manifest is None else building.finding(manifest, status)
    outcome = Outcome(suspended=suspended, built=built, wanted=wanted, build=status)
    plan = serve(observed, spec, outcome, now)
    released, garbage = releasing.release(observed, plan.outcome)
    return dataclasses.replace(
        plan, objects=(*ask(observed, spec, wanted), *plan.objects, *released), garbage=(*plan.garbage, *garbage)
    )


def cleaned(observed: state.Observed, spec: deployment.ModelDeploymentSpec, plan: Plan, now: dt.datetime) -> Plan:
    """With what becomes of the artifacts of all that is let go; and, on a claim, of those that were before."""
    room = removing if spec.artifact.oci else collecting
    step = room.let_go(observed, spec, plan.garbage)
    if not spec.artifact.oci and step == collecting.Step():
        step = collecting.run(observed, spec, now)
    return dataclasses.replace(
        plan,
        objects=(*step.objects, *plan.objects),
        garbage=step.garbage,
        events=(*step.events, *collecting.refused(observed)),
        requeue_after=step.requeue_after,
    )


def ask(observed: state.Observed, spec: deployment.ModelDeploymentSpec, wanted: Wanted) -> tuple[kinds.Manifest, ...]:
    """The claim and the build. Suspended, nothing is asked that was not; what was asked learns of it."""
    if spec.suspend and observed.build(wanted.name) is None:
        return ()
    model_build = build_manifests.model_build(
        wanted.name,
        observed.namespace,
        wanted.spec(owning.execution(observed, wanted)),
        owning.build_owners(observed, wanted.name),
    )
    return *children.claim(observed, spec), model_build


def serve(observed: state.Observed, spec: deployment.ModelDeploymentSpec, outcome: Outcome, now: dt.datetime) -> Plan:
    """The children, of the revision that is possible: the wanted one, or the last."""
    scale = scaling.scale(observed, spec)
    course = courses.choose(observed, spec, target(observed, spec, outcome), now)
    surplus, revision = children.surplus(observed, spec), course.stable
    if revision is None:
        progress = dataclasses.replace(statuses.NOTHING, wanted=scale.count)
        outcome = dataclasses.replace(outcome, progress=progress, course=course)
        return Plan(outcome, () if spec.suspend else children.endpoints(observed, spec, course), surplus)
    progress = rollout.judge(observed, revision.name, scale.count, elastic=not scale.written)
    strategy = strategies.choose(observed, revision, spec.serving.rollout.strategy, scale.count)
    outcome = dataclasses.replace(outcome, progress=progress, course=course, strategy=strategy)
    return Plan(
        outcome,
        rehearsed=children.rehearsed(observed, spec, course, strategy),
        objects=(*children.endpoints(observed, spec, course), *children.tracks(observed, spec, course, strategy)),
        garbage=(
            *surplus,
            *children.surplus_canary(observed, course, complete=progress.finding is None),
            *revisions.surplus(observed, spec.artifact.history_limit, needed(observed, outcome)),
        ),
    )


def needed(observed: state.Observed, outcome: Outcome) -> tuple[str, ...]:
    """Revisions that are served, and until all is well the one that would be gone back to."""
    course = outcome.course
    wanted = course.tried or course.stable
    good = trials.last_good(observed, without=wanted.name) if wanted and outcome.serving else None
    served = (one.name for one in (course.stable, course.tried, good) if one)
    return (*served, observed.deployed, state.revision_of(observed.canary))


def target(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, outcome: Outcome
) -> revisions.Revision | None:
    """The revision that the spec asks for; None without an artifact, or suspended."""
    artifact = outcome.build.artifact if outcome.build else None
    if artifact is None or outcome.wanted is None or outcome.suspended:
        return None
    images = outcome.wanted.pinned.serving
    where = locations.location(artifact, spec.artifact)
    name = revisions.name(observed, spec, where, images)
    if kept := revisions.kept(observed, name):
        return kept
    template = server.template(observed.name, name, where, spec, images, image_volumes=observed.image_volumes)
    return revisions.Revision(name, artifact.digest, template, statuses.figures_of(artifact))


def _suspended(spec: deployment.ModelDeploymentSpec) -> Finding | None:
    if not spec.suspend:
        return None
    return Finding(
        Reason.SUSPENDED,
        "spec.suspend is true: nothing is built or rolled out; what serves goes on",
        conditions.Outlook.PAUSED,
    )
