"""Where each field of a spec must be seen: whoever adds a field says here what it changes, and for whom.

A list or a map is compared as a whole, so its items need no line of their own; an object is seen by its fields.
Values are those of the parsed spec: what is not written has its default.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

from pure import worlds

from model_operator.api import deployment, quantities, types
from mutation import pictures, schemas

ABSENT = schemas.ABSENT
Says = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class Sight:
    """A place in the children, and what stands there for a value; None where this value does not show there.

    at_first   seen when the object is made, and not in one that is there
    unless     not seen in a spec that has this field
    store      seen with this store alone
    """

    where: str
    says: Says = lambda value: value
    at_first: bool = False
    store: str = ""
    unless: str = ""


def unseen(spec: dict[str, Any], tree: Any, *, at_first: bool) -> list[str]:
    """What a spec says and the children do not, in words."""
    effective = deployment.ModelDeploymentSpec.model_validate(spec).model_dump(mode="json", by_alias=True)
    store = effective["artifact"]["store"]
    found = []
    for path, sights in SIGHTS.items():
        value = schemas.get(effective, path)
        for sight in sights if value is not ABSENT and value is not None else ():
            if sight.store not in ("", store) or (sight.at_first and not at_first) or _excused(effective, sight):
                continue
            expected, seen = sight.says(value), pictures.look(tree, sight.where)
            if expected is not None and seen != expected:
                found.append(f"{path} is {value!r}: {sight.where} is {seen!r}, not {expected!r}")
    return found


def _excused(effective: dict[str, Any], sight: Sight) -> bool:
    return bool(sight.unless) and schemas.get(effective, sight.unless) not in (ABSENT, None)


def needed(root: schemas.Schema) -> Iterator[str]:
    """The fields that need a line: those that hold no other fields, and stand in no list or map."""
    for field in schemas.fields(root):
        if not field.schema.get("properties") and not {"[]", "{}"} & set(schemas.steps(field.path)):
            yield field.path


def _unless(default: Any, says: Says = lambda value: value) -> Says:
    """What is default is left out."""
    return lambda value: ABSENT if value == default else says(value)


def _or(default: str) -> Says:
    return lambda value: value or default


def _request(path: str, says: Says = lambda value: value) -> tuple[Sight, ...]:
    return (Sight(f"request.{path}", says),)


def _quantity(name: str) -> Says:
    """One of a map of quantities, as the API server spells it."""
    return lambda asked: quantities.canonical(asked[name]) if name in asked else None


def _quantities(containers: tuple[str, ...], kind: str, *, at_first: bool = False) -> tuple[Sight, ...]:
    return tuple(
        Sight(f"{container}.resources.{kind}.[{name}]", _quantity(name), at_first)
        for name in ("cpu", "memory", "ephemeral-storage", "example.com/device-0", "example.com/device-15")
        for container in containers
    )


def _query(asked: Any) -> tuple[str, float, float | None]:
    target, activation = (asked[name] for name in ("target", "activation"))
    awake = None if activation is None else float(quantities.value(activation))
    return asked["query"], float(quantities.value(target)), awake


def _bare(items: Any) -> Any:
    return [{name: value for name, value in item.items() if value is not None} for item in items] or ABSENT


def _said(value: Any) -> Any:
    """Without what is not said."""
    return {name: part for name, part in value.items() if part not in (None, "", [], {})}


def _peer(peer: Any) -> Any:
    """An empty selector says much; what is empty in one says nothing."""
    found = {part: _said(said) for part, said in peer.items() if said is not None}
    for selector in found.values():
        if "matchExpressions" in selector:
            selector["matchExpressions"] = [_said(one) for one in selector["matchExpressions"]]
    return found


_NEIGHBOURS: dict[str, Any] = {"podSelector": {}}


def _set(value: Any) -> Any:
    """Without what is not set, however deep."""
    if isinstance(value, dict):
        return {name: _set(inner) for name, inner in value.items() if inner is not None}
    return [_set(item) for item in value] if isinstance(value, list) else value


def _of_the_overlay() -> dict[str, tuple[Sight, ...]]:
    """All of spec.serving.modelConfig reaches compose as it is."""
    paths = [path for path in needed(schemas.spec()) if path.startswith("spec.serving.modelConfig.")]
    return {path: (Sight(f"settings.{path.removeprefix('spec.serving.')}", _set),) for path in paths}


def _drop(metric: str) -> tuple[Sight, ...]:
    """A hundredth of accuracy alone is default, and then left out."""
    return _request(f"gate.maxDrop.{metric}", lambda value: None if value == 0.01 else value)


_JOB, _POD = "job.spec.template.spec", "server.spec.template.spec"
_STEPS = (
    f"{_JOB}.initContainers[fetch]",
    f"{_JOB}.initContainers[convert]",
    f"{_JOB}.initContainers[optimize]",
    f"{_JOB}.containers[publish]",
)
_CHECK, _TRITON = f"{_JOB}.initContainers[triton]", f"{_POD}.containers[triton]"
SIGHTS: dict[str, tuple[Sight, ...]] = {
    "spec.model.format": _request("model.format"),
    "spec.model.weights": _request("model.weights"),
    "spec.model.architecture.factory": _request("model.architecture.factory"),
    "spec.model.inputs": _request("model.inputs"),
    "spec.model.outputs": _request("model.outputs", _unless([])),
    "spec.model.source.configMap.name": (Sight(f"{_JOB}.volumes[source].configMap.name"),),
    "spec.model.source.pvc.claimName": (Sight(f"{_JOB}.volumes[source].persistentVolumeClaim.claimName"),),
    "spec.model.source.pvc.path": _request("sourceRoot", _unless("")),
    "spec.build.candidates": _request("candidates", _unless(["none"])),
    "spec.build.selection": (),
    "spec.build.target.cpu": _request("target.cpu", _unless("portable")),
    "spec.build.target.gpu": _request("target.gpu"),
    "spec.build.calibration.data.file": _request("calibration.data.file"),
    "spec.build.calibration.samples": _request("calibration.samples", _unless(300)),
    "spec.build.calibration.method": _request("calibration.method", _unless("minMax")),
    "spec.build.evaluation.data.file": _request("evaluation.data.file"),
    "spec.build.evaluation.metrics": _request("evaluation.metrics", _unless(["accuracy"])),
    "spec.build.gate.maxDrop.accuracy": _drop("accuracy"),
    "spec.build.gate.maxDrop.recall": _drop("recall"),
    "spec.build.gate.maxDrop.f1": _drop("f1"),
    "spec.build.gate.confidence": _request("gate.confidence"),
    "spec.build.resources.limits": (
        Sight("build.spec.execution.resources.limits", _unless({})),
        *_quantities((*_STEPS, _CHECK), "limits", at_first=True),
    ),
    "spec.build.resources.requests": (
        Sight("build.spec.execution.resources.requests", _unless({})),
        *_quantities((*_STEPS, _CHECK), "requests", at_first=True),
    ),
    "spec.build.timeout": (
        Sight("build.spec.execution.timeout", _unless("1h")),
        Sight(f"{_JOB}.activeDeadlineSeconds", types.seconds, at_first=True),
    ),
    "spec.build.queueName": (
        Sight("build.spec.execution.queueName", _unless("")),
        Sight("job.metadata.labels.[kueue.x-k8s.io/queue-name]", _unless(""), at_first=True),
    ),
    "spec.build.image": tuple(Sight(f"{step}.image", _or(worlds.IMAGES.builder)) for step in _STEPS),
    "spec.artifact.store": (Sight("arguments.publish.[--store]", lambda store: ABSENT if store == "pvc" else None),),
    "spec.artifact.oci.repository": (
        Sight("arguments.fetch.[--store]", lambda repository: f"oci://{repository}"),
        Sight("arguments.publish.[--store]", lambda repository: f"oci://{repository}"),
        Sight(f"{_POD}.volumes[artifacts].image.reference", lambda repository: f"{repository}@sha256:{'d' * 64}"),
    ),
    "spec.artifact.oci.pushSecretName": (Sight(f"{_JOB}.volumes[registry].secret.secretName", _unless("")),),
    "spec.artifact.oci.pullSecretName": (
        Sight(f"{_POD}.imagePullSecrets", _unless("", lambda name: [{"name": name}])),
    ),
    "spec.artifact.oci.plainHttp": (
        Sight("arguments.fetch.[--plain-http]", _unless(False, lambda _: "")),
        Sight("arguments.publish.[--plain-http]", _unless(False, lambda _: "")),
    ),
    "spec.artifact.claimName": (
        Sight("claim.metadata.name", store="pvc"),
        Sight(f"{_JOB}.volumes[store].persistentVolumeClaim.claimName", store="pvc"),
        Sight(f"{_POD}.volumes[artifacts].persistentVolumeClaim.claimName", store="pvc"),
    ),
    "spec.artifact.storageClassName": (Sight("claim.spec.storageClassName", _unless(""), at_first=True, store="pvc"),),
    "spec.artifact.size": (
        Sight("claim.spec.resources.requests.storage", quantities.canonical, at_first=True, store="pvc"),
    ),
    "spec.artifact.reclaimPolicy": (),
    "spec.artifact.historyLimit": (),
    "spec.serving.replicas": (Sight("server.spec.replicas", unless="spec.serving.autoscaling"),),
    "spec.serving.autoscaling.engine": (Sight("scaler.engine"),),
    "spec.serving.autoscaling.minReplicas": (Sight("scaler.least"),),
    "spec.serving.autoscaling.maxReplicas": (Sight("scaler.most"),),
    "spec.serving.autoscaling.queueTime.targetMilliseconds": (Sight("scaler.queue"),),
    "spec.serving.autoscaling.pendingRequests.target": (Sight("scaler.pending"),),
    "spec.serving.autoscaling.cpu.targetUtilization": (Sight("scaler.cpu"),),
    "spec.serving.autoscaling.metrics": (
        Sight("scaler.metrics", lambda asked: [(one["name"], quantities.canonical(one["target"])) for one in asked]),
    ),
    "spec.serving.autoscaling.queries": (Sight("scaler.queries", lambda asked: list(map(_query, asked))),),
    "spec.serving.autoscaling.scaleDownAfter": (Sight("scaler.patience", types.seconds),),
    "spec.serving.gpu.count": (Sight("device.count", str), Sight("settings.gpus")),
    "spec.serving.gpu.product": (Sight("required.[nvidia.com/gpu.product]"),),
    "spec.serving.gpu.memory": (
        Sight("required.[nvidia.com/gpu.memory]", lambda asked: str(math.ceil(quantities.value(asked) / 2**20) - 1)),
    ),
    "spec.serving.gpu.mig.profile": (
        Sight("device.name", lambda profile: f"nvidia.com/mig-{profile.replace('+', '.')}"),
    ),
    "spec.serving.gpu.resourceName": (Sight("device.name"),),
    "spec.serving.batching.maxBatchSize": (Sight("settings.batching.maxBatchSize"),),
    "spec.serving.batching.maxQueueDelayMicroseconds": (Sight("settings.batching.maxQueueDelayMicroseconds"),),
    "spec.serving.batching.preferredBatchSize": (Sight("settings.batching.preferredBatchSize"),),
    "spec.serving.instances.count": (Sight("settings.instances.count"),),
    **_of_the_overlay(),
    "spec.serving.responseCache.size": (
        Sight("settings.responseCacheBytes", lambda size: math.ceil(quantities.value(size))),
    ),
    "spec.serving.drift.sampleEvery": (Sight("settings.sampleEvery"),),
    "spec.serving.tls.secretName": (Sight(f"{_POD}.volumes[certificate].secret.secretName"),),
    "spec.serving.tls.clientCa": (Sight("settings.tls.clientCa"),),
    "spec.serving.resources.limits": _quantities((_TRITON,), "limits"),
    "spec.serving.resources.requests": _quantities((_TRITON,), "requests"),
    "spec.serving.nodeSelector": (Sight(f"{_POD}.nodeSelector", _unless({})),),
    "spec.serving.tolerations": (Sight(f"{_POD}.tolerations", _bare),),
    "spec.serving.priorityClassName": (Sight(f"{_POD}.priorityClassName", _unless("")),),
    "spec.serving.runtimeClassName": (Sight(f"{_POD}.runtimeClassName", _unless("")),),
    "spec.serving.image": (
        Sight(f"{_TRITON}.image", _or(worlds.IMAGES.triton)),
        Sight(f"{_CHECK}.image", _or(worlds.IMAGES.triton)),
    ),
    "spec.serving.rollout.strategy": (
        Sight("server.spec.strategy.rollingUpdate.maxSurge", lambda strategy: int(strategy != "recreate")),
    ),
    "spec.serving.rollout.pin": (),
    "spec.serving.rollout.canary.steps": (),
    "spec.serving.rollout.canary.maxFailedPercent": (),
    "spec.serving.rollout.canary.maxSlowdownPercent": (),
    "spec.serving.rollout.canary.minRequests": (),
    "spec.serving.ingress.host": (Sight("ingress.host"),),
    "spec.serving.ingress.className": (Sight("ingress.class", _unless("")),),
    "spec.serving.ingress.path": (Sight("ingress.path"),),
    "spec.serving.ingress.annotations": (Sight("ingress.annotations", _unless({})),),
    "spec.serving.ingress.tlsSecretName": (Sight("ingress.secrets", _unless("", lambda name: [name])),),
    "spec.serving.gateway.parentRefs": (
        Sight("http.spec.parentRefs", lambda parents: [_said(one) for one in parents]),
    ),
    "spec.serving.gateway.hostnames": (Sight("http.spec.hostnames"),),
    "spec.serving.gateway.grpcHostnames": (Sight("grpc.spec.hostnames", _unless([])),),
    "spec.serving.gateway.scheme": (),
    "spec.serving.networkPolicy.from": (Sight("policy.from", lambda peers: list(map(_peer, peers)) or [_NEIGHBOURS]),),
    "spec.serving.shmSize": (Sight(f"{_POD}.volumes[shm].emptyDir.sizeLimit", quantities.canonical),),
    "spec.serving.podTemplate.metadata.labels": (
        Sight("server.spec.template.metadata.labels.key-0", lambda labels: labels.get("key-0")),
    ),
    "spec.serving.podTemplate.metadata.annotations": (
        Sight("server.spec.template.metadata.annotations.key-0", lambda annotations: annotations.get("key-0")),
    ),
    "spec.serving.podTemplate.spec": (
        Sight(f"{_POD}.schedulerName", lambda spec: spec.get("schedulerName")),
        Sight(f"{_POD}.containers[mirror].image", lambda spec: "reg/mirror:1" if "containers" in spec else None),
    ),
    "spec.suspend": (Sight("build.spec.execution.suspend", _unless(False)),),
}
#: Fields that no child shows, and why that is right.
NOWHERE = {
    "spec.build.selection": "it has one value, first: it says what is done, and leaves room for another way",
    "spec.serving.gateway.scheme": "it decides what the status shows: how the listeners speak, they say themselves",
    "spec.artifact.reclaimPolicy": "it decides what becomes of artifacts when they are let go",
    "spec.artifact.historyLimit": "it decides how many ControllerRevisions stay",
    "spec.serving.rollout.pin": "it chooses among revisions that are there already",
    **dict.fromkeys(
        (
            "spec.serving.rollout.canary.steps",
            "spec.serving.rollout.canary.maxFailedPercent",
            "spec.serving.rollout.canary.maxSlowdownPercent",
            "spec.serving.rollout.canary.minRequests",
        ),
        "it says how the next change is tried",
    ),
}
#: Fields whose fields are all of these.
HOLDERS = ("spec.serving.rollout.canary",)
#: Changes of what is there that change nothing, and why that is right.
KEPT = {
    "spec.artifact.size": "size of a claim that is made: one that is there keeps what it has, as its description says",
    "spec.artifact.storageClassName": "the API server refuses another class for a claim that is there",
}
