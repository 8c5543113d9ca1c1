"""Who says how many servers there are, and how many. Pure.

    no autoscaler                     ─► spec.serving.replicas, written with the Deployment
    one of ours is wanted, or there   ─► what the Deployment has; nothing is written, but a number to start with
    one of somebody else is there     ─► likewise

One at a time. An engine is made when there is no other: ours of before has left (`surplus`), and nobody else's is seen
(`Observed.scalers`). The count itself changes hands with the Deployment's annotation modelsmith.dev/autoscaled
(`applying`): two who write it would undo each other's for ever.
"""

import dataclasses
from collections.abc import Iterable, Iterator

from model_operator import kinds, names, refusals
from model_operator.api import autoscaling, deployment
from model_operator.deployments import state

#: Of an engine that somebody else has set up.
OTHER = "other"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How many servers of the stable track there shall be.

    count      the number that is wanted now, whoever says so
    written    whether it is ours to write
    """

    count: int
    written: bool = True


def scale(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> Scale:
    """The number of servers now."""
    asked = spec.serving.replicas
    if not (spec.serving.autoscaling or mine(observed) or observed.scalers):
        return Scale(asked)
    present = None if observed.server is None else observed.server["spec"].get("replicas", 1)
    if present is None or (present == 0 and _kept_up(observed, spec.serving.autoscaling)):
        return Scale(_to_start_with(observed, spec.serving.autoscaling, asked))
    return Scale(present, written=False)


def _kept_up(observed: state.Observed, asked: autoscaling.Autoscaling | None) -> bool:
    """A HorizontalPodAutoscaler leaves a Deployment without servers alone: it would never have any."""
    return asked is not None and asked.min_replicas > 0 and not observed.scalers


def _to_start_with(observed: state.Observed, asked: autoscaling.Autoscaling | None, replicas: int) -> int:
    """As many as there were, if the Deployment has been replaced."""
    wanted = max(replicas, observed.status.replicas)
    return min(max(wanted, asked.min_replicas), asked.max_replicas) if asked else wanted


def keys(namespace: str, name: str) -> tuple[kinds.Key, ...]:
    """What is watched: our own autoscaler, and the one that KEDA makes of our ScaledObject."""
    return (
        kinds.Key(kinds.HORIZONTAL_POD_AUTOSCALER, namespace, name),
        kinds.Key(kinds.HORIZONTAL_POD_AUTOSCALER, namespace, names.of_keda(name)),
    )


def unwatched(observed: state.Observed) -> Iterator[kinds.Key]:
    """The ScaledObject, where one is wanted or was made: a cluster need not know the kind."""
    last, wanted = observed.status.autoscaling, observed.spec.serving.autoscaling if observed.spec else None
    if (wanted and wanted.engine == "keda") or (last and last.engine == "keda"):
        yield kinds.Key(kinds.SCALED_OBJECT, observed.namespace, observed.name)


def mine(observed: state.Observed) -> list[kinds.Manifest]:
    """Autoscalers that came of this ModelDeployment, whether they are still wanted or not."""
    named = [child for child in observed.children if child["kind"] in refusals.SCALERS]
    own = [child for child in named if observed.uid in state.owner_uids(child)]
    return own + [child for child in named if _of_keda(child, own)]


def engine_of(scaler: kinds.Manifest) -> str:
    """Which engine an autoscaler of ours belongs to."""
    controlled = any(owner["kind"] == kinds.SCALED_OBJECT.kind for owner in _owners(scaler))
    return "keda" if controlled or scaler["kind"] == kinds.SCALED_OBJECT.kind else "hpa"


def leaving(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> list[kinds.Manifest]:
    """Autoscalers of ours that another spec asked for: nothing takes their place before they are gone."""
    asked = spec.serving.autoscaling
    return [one for one in mine(observed) if asked is None or engine_of(one) != asked.engine]


def surplus(observed: state.Observed, spec: deployment.ModelDeploymentSpec) -> tuple[kinds.Manifest, ...]:
    """Those that are ours to remove; KEDA removes what it made."""
    return tuple(one for one in leaving(observed, spec) if observed.uid in state.owner_uids(one))


def foreign(observed: state.Observed, found: Iterable[kinds.Manifest]) -> tuple[kinds.Manifest, ...]:
    """Of the HorizontalPodAutoscalers of a namespace, those of somebody else that scale our Deployment."""
    ours = {one["metadata"]["uid"] for one in mine(observed)}
    return tuple(one for one in found if _aims_at(one, observed) and one["metadata"]["uid"] not in ours)


def wonders(observed: state.Observed) -> bool:
    """Whether it matters now who else scales the Deployment: all of a namespace's are listed then."""
    if observed.spec is None or observed.server is None:
        return False
    if observed.status.autoscaling and observed.status.autoscaling.engine == OTHER:
        return True
    if observed.spec.serving.autoscaling:
        return not mine(observed)
    return not mine(observed) and observed.server["spec"].get("replicas", 1) != observed.spec.serving.replicas


def _aims_at(scaler: kinds.Manifest, observed: state.Observed) -> bool:
    target = state.field(scaler, "spec", "scaleTargetRef") or {}
    group = str(target.get("apiVersion", "")).partition("/")[0]
    return (group, target.get("kind"), target.get("name")) == ("apps", kinds.DEPLOYMENT.kind, observed.name)


def _of_keda(child: kinds.Manifest, own: list[kinds.Manifest]) -> bool:
    """Made by KEDA for our ScaledObject, or for one that is gone: it goes by Kubernetes' own hand."""
    owners = [owner for owner in _owners(child) if owner["kind"] == kinds.SCALED_OBJECT.kind]
    known = {one["metadata"]["uid"] for one in own if one["kind"] == kinds.SCALED_OBJECT.kind}
    labelled = (child["metadata"].get("labels") or {}).get(names.MANAGED_BY_LABEL) == names.MANAGED_BY
    return bool(owners) and (labelled or any(owner["uid"] in known for owner in owners))


def _owners(manifest: kinds.Manifest) -> list[kinds.Manifest]:
    return manifest["metadata"].get("ownerReferences") or []
