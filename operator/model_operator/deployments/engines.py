"""The autoscaler that is wanted, and what is told of it. Pure.

    what is asked, what was measured ─► targets ─► HorizontalPodAutoscaler or ScaledObject
    what the engine says             ─► the condition AutoscalingActive, in its own words

Whatever keeps an autoscaler from working leaves the servers as many as they are: this condition tells it, Ready does
not.
"""

import datetime as dt

from model_operator import conditions, decisions, kinds, reasons, refusals
from model_operator.api import autoscaling, deployment
from model_operator.deployments import courses, scaling, state, targets
from model_operator.deployments.manifests import hpa, scaledobject

Reason = reasons.Reason
Draft = conditions.Draft
ACTIVE = conditions.Type.AUTOSCALING_ACTIVE

#: Seconds between two looks at what is not watched: a ScaledObject, somebody else's autoscaler.
PATIENCE, UNSETTLED_PATIENCE = 60.0, 15.0
#: A longer way to ready was no start: a server left the rotation, and came back.
_LONGEST_START = 900
_NO_SERVERS = "ScalingDisabled"


def objects(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, course: courses.Course
) -> tuple[kinds.Manifest, ...]:
    """The autoscaler, once there is something to scale, and nobody else does."""
    asked = spec.serving.autoscaling
    if asked is None or observed.server is None or _obstacle(observed, spec, asked):
        return ()
    goals, start = _goals(observed, spec, asked), cold_start(observed, observed.deployed)
    if asked.engine == "keda":
        made = scaledobject.scaled_object(
            observed.resource, asked, goals, start, prometheus=observed.prometheus, held=course.trying
        )
    else:
        made = hpa.autoscaler(observed.resource, asked, goals, start, held=course.trying)
    return (made,)


def drafts(observed: state.Observed, course: courses.Course) -> list[Draft]:
    """The condition; none where nothing scales, or nothing is known yet."""
    spec = observed.spec
    if spec is None:
        return conditions.again(observed.status.conditions, ACTIVE)
    asked = spec.serving.autoscaling
    if asked is None:
        return [_somebody_else(observed)] if observed.scalers else []
    if finding := _obstacle(observed, spec, asked) or _disturbance(observed):
        return [Draft(ACTIVE, False, finding.reason, finding.message)]
    if not _speaks(observed):
        return []
    between = f"between {asked.min_replicas} and {asked.max_replicas} servers"
    if course.trying:
        return [Draft(ACTIVE, True, Reason.SCALING_HELD, f"{between}; held while a revision is tried")]
    return [Draft(ACTIVE, True, Reason.SCALING, f"{between}, by {_words(observed, spec, asked)}")]


def _disturbance(observed: state.Observed) -> conditions.Finding | None:
    """Why the autoscaler is not made, or does not work."""
    if refused := refusals.first(observed.refused, refusals.SCALERS):
        return refused
    words = _complaint(observed)
    advice = "the servers stay as many as they are"
    return conditions.Finding(Reason.METRICS_UNAVAILABLE, f"{words}; {advice}") if words else None


def status(observed: state.Observed) -> autoscaling.AutoscalingStatus | None:
    """What is remembered; None where nothing scales."""
    if observed.spec is None:
        return observed.status.autoscaling
    engine = _engine(observed, observed.spec)
    if not engine:
        return None
    return autoscaling.AutoscalingStatus(
        engine=engine,
        replicas_asked=observed.spec.serving.replicas,
        revision=observed.deployed,
        cold_start_seconds=cold_start(observed, observed.deployed),
    )


def news(observed: state.Observed, after: autoscaling.AutoscalingStatus | None) -> tuple[decisions.Event, ...]:
    """That a number was asked for which nobody goes by."""
    before = observed.status.autoscaling
    if before is None or after is None or before.replicas_asked == after.replicas_asked:
        return ()
    message = (
        f"spec.serving.replicas is {after.replicas_asked} now, and an autoscaler decides how many servers there are"
        " (condition AutoscalingActive); it is the number to start with, and else ignored"
    )
    return (decisions.Event(Reason.REPLICAS_IGNORED, message, decisions.EventType.WARNING),)


def revisit(observed: state.Observed) -> float | None:
    """When to look again at what is not watched."""
    engine = _engine(observed, observed.spec) if observed.spec else ""
    if engine == "keda":
        return PATIENCE if _speaks(observed) and not _complaint(observed) else UNSETTLED_PATIENCE
    return PATIENCE if engine == scaling.OTHER else None


def cold_start(observed: state.Observed, revision: str) -> int:
    """Seconds from a place on a node to ready, of the first servers of a revision; 0 until one was seen."""
    last = observed.status.autoscaling
    if last and last.revision == revision and last.cold_start_seconds:
        return last.cold_start_seconds
    taken = (_start(pod) for pod in observed.pods_of(revision))
    return max((seconds for seconds in taken if 0 < seconds <= _LONGEST_START), default=0)


def _start(pod: kinds.Manifest) -> int:
    ready, placed = (kinds.condition(pod, type_) for type_ in ("Ready", "PodScheduled"))
    times = [state.field(one or {}, "lastTransitionTime") for one in (placed, ready)]
    if not all(times):
        return 0
    begin, end = (dt.datetime.fromisoformat(str(time)) for time in times)
    return round((end - begin).total_seconds())


def _engine(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> str:
    """What scales, or still does."""
    if observed.scalers:
        return scaling.OTHER
    if left := scaling.leaving(observed, spec):
        return scaling.engine_of(left[0])
    return spec.serving.autoscaling.engine if spec.serving.autoscaling else ""


def _obstacle(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, asked: autoscaling.Autoscaling
) -> conditions.Finding | None:
    """Why there is no autoscaler of ours."""
    if observed.scalers:
        words = f"{_name(observed.scalers[0])} scales the same Deployment, and is not of this ModelDeployment"
        return conditions.Finding(
            Reason.FOREIGN_AUTOSCALER, f"{words}: delete it, or drop spec.serving.autoscaling; it decides until then"
        )
    if left := scaling.leaving(observed, spec):
        words = f"{_name(left[0])} of engine {scaling.engine_of(left[0])} is being removed"
        return conditions.Finding(Reason.ENGINE_LEAVING, f"{words}; engine {asked.engine} follows when it is gone")
    goals = _goals(observed, spec, asked)
    asks = goals.queue_milliseconds or goals.pending or asked.queries
    if asked.engine == "keda" and asks and not observed.prometheus:
        words = "engine keda asks Prometheus itself: have the administrator set autoscaling.prometheusUrl of the chart"
        return conditions.Finding(Reason.PROMETHEUS_NOT_CONFIGURED, words)
    return None


def _somebody_else(observed: state.Observed) -> Draft:
    words = f"{_name(observed.scalers[0])} decides how many servers there are; spec.serving.replicas is ignored"
    return Draft(ACTIVE, True, Reason.FOREIGN_AUTOSCALER, words)


def _complaint(observed: state.Observed) -> str:
    """What an engine says when it cannot do its work. Without servers it has none."""
    for scaler in scaling.mine(observed):
        for type_ in ("AbleToScale", "ScalingActive", "Ready"):
            said = kinds.condition(scaler, type_, "False")
            if said and said.get("reason") != _NO_SERVERS:
                return f"{_name(scaler)}: {said.get('reason', '')}: {conditions.cut(said.get('message', ''), 500)}"
    return ""


def _speaks(observed: state.Observed) -> bool:
    """An engine has said of what is wanted that it works, or that there is nothing to scale."""
    said = (
        kinds.condition(scaler, "ScalingActive") or kinds.condition(scaler, "ScalingActive", "False")
        for scaler in scaling.mine(observed)
    )
    return any(said)


def _goals(
    observed: state.Observed, spec: deployment.ModelDeploymentSpec, asked: autoscaling.Autoscaling
) -> targets.Targets:
    artifact = observed.status.artifact
    return targets.of(spec.serving, asked, artifact.capacity if artifact else None)


def _words(observed: state.Observed, spec: deployment.ModelDeploymentSpec, asked: autoscaling.Autoscaling) -> str:
    more = [one.name for one in asked.metrics] + [f"query {number + 1}" for number in range(len(asked.queries))]
    return ", ".join(filter(None, (_goals(observed, spec, asked).words(), *more)))


def _name(scaler: kinds.Manifest) -> str:
    return f"{scaler['kind']} {scaler['metadata']['name']!r}"
