"""The servers: a Deployment whose pods compose, watch and serve one artifact.

    [fetch] (init)          registry ─► artifact w           only where the kubelet does not bring it (`artifacts`)
    compose (init)          artifact r ─► repository w
    sentinel (sidecar)      artifact r    answers triton's probes on the pod's address
    triton                  artifact r, repository r

`template` is rendered once for a revision and then kept with it; `deployment` puts it to work. `bare` is what of it
comes from us: what a person's podTemplate is merged into, and held against.
"""

from collections.abc import Mapping
from typing import Any

from model_operator import containers, kinds, locations, names
from model_operator.api import asking, quantities, runtime, types
from model_operator.api import deployment as api
from model_operator.deployments import podtemplates, revisions
from model_operator.deployments.manifests import affinity, artifacts, parts
from model_serving import flags

#: After Triton's own limit.
MARGIN_SECONDS = 10
#: Ready for this long before the next server is replaced.
MIN_READY_SECONDS = 2
PROGRESS_DEADLINE_SECONDS = parts.STARTUP_SECONDS + 300


def deployment(
    resource: kinds.Manifest, revision: revisions.Revision, replicas: int | None, rolling_update: Mapping[str, int]
) -> kinds.Manifest:
    """The Deployment of the stable track; how servers are replaced: `strategies.Strategy.rolling_update`.

    Without a number of replicas that is somebody else's to write.
    """
    return _deployment(resource, revision, replicas, names.STABLE, rolling_update)


def canary(resource: kinds.Manifest, revision: revisions.Revision, replicas: int) -> kinds.Manifest:
    """The Deployment of a revision that is tried: its pods differ in the label of the track alone."""
    return _deployment(resource, revision, replicas, names.CANARY, {"maxSurge": 1, "maxUnavailable": 0})


def _deployment(
    resource: kinds.Manifest,
    revision: revisions.Revision,
    replicas: int | None,
    track: str,
    rolling_update: Mapping[str, int],
) -> kinds.Manifest:
    metadata, pods = resource["metadata"], revision.template["metadata"]
    labels = {**pods["labels"], names.TRACK_LABEL: track}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": names.canary(metadata["name"]) if track == names.CANARY else metadata["name"],
            "namespace": metadata["namespace"],
            "labels": _labels(metadata["name"]),
            "annotations": {names.REVISION: revision.name, **({names.AUTOSCALED: "true"} if replicas is None else {})},
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "selector": {"matchLabels": names.selector(metadata["name"], track)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": dict(rolling_update)},
            "minReadySeconds": MIN_READY_SECONDS,
            "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
            "revisionHistoryLimit": 3,
            "template": {**revision.template, "metadata": {**pods, "labels": labels}},
        },
    }


def template(
    model: str,
    revision: str,
    location: locations.Location,
    spec: api.ModelDeploymentSpec,
    images: types.Images,
    *,
    image_volumes: bool,
) -> dict[str, Any]:
    """The pods of a revision: ours, and what a person changes of them."""
    made = bare(model, revision, location, spec, images, image_volumes=image_volumes)
    return podtemplates.applied(made, spec.serving.pod_template)


def bare(
    model: str,
    revision: str,
    location: locations.Location,
    spec: api.ModelDeploymentSpec,
    images: types.Images,
    *,
    image_volumes: bool,
) -> dict[str, Any]:
    """The pods of a revision, as the other fields say."""
    serving, mount = spec.serving, artifacts.mount(location)
    configuration = asking.serving(model, location.artifact, spec)
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": parts.PRE_STOP_SECONDS + flags.EXIT_TIMEOUT_SECONDS + MARGIN_SECONDS,
        "securityContext": containers.pod_security(),
        "initContainers": [
            *artifacts.init_containers(location, images, image_volumes=image_volumes),
            parts.compose(configuration, images, mount),
            parts.sentinel(configuration, images, mount),
        ],
        "containers": [parts.triton(configuration, images, serving, mount)],
        "volumes": [*artifacts.volumes(location, image_volumes=image_volumes), *volumes(serving)],
        **artifacts.pull_secrets(location, image_volumes=image_volumes),
        **placement(spec),
    }
    labels = {**_labels(model), names.TRACK_LABEL: names.STABLE, names.REVISION: revision}
    return {"metadata": {"labels": labels}, "spec": containers.counted(pod, serving.resources)}


def placement(spec: api.ModelDeploymentSpec) -> dict[str, Any]:
    """Where the pods may run, as the spec says it; what it does not say is not written."""
    serving, terms = spec.serving, affinity.required(spec)
    said = {
        "affinity": affinity.affinity(terms) if terms else {},
        "nodeSelector": dict(serving.node_selector),
        "tolerations": [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in serving.tolerations],
        "priorityClassName": serving.priority_class_name,
        "runtimeClassName": serving.runtime_class_name,
    }
    return {name: value for name, value in said.items() if value}


def volumes(serving: runtime.Serving) -> list[dict[str, Any]]:
    """What the servers share beside the artifact. A /tmp for each container, as in a build.

    The kubelet adds up the limits of all containers, and holds them against the pod: Triton's own is that of its /tmp,
    for it writes nowhere else.
    """
    disk = serving.resources.limits.get("ephemeral-storage", "")
    return [
        containers.empty_directory("repository"),
        # Triton hands tensors to its backends' processes through shared memory.
        containers.empty_directory("shm", size=quantities.canonical(serving.shm_size), memory=True),
        *(containers.empty_directory(f"tmp-{name}") for name in (names.COMPOSE, names.SENTINEL)),
        containers.empty_directory(f"tmp-{names.TRITON}", size=quantities.canonical(disk) if disk else ""),
        *([parts.certificate(serving.tls)] if serving.tls else []),
        *([containers.empty_directory(parts.SAMPLES, size=parts.SAMPLES_SIZE, memory=True)] if serving.drift else []),
    ]


def _labels(name: str) -> dict[str, str]:
    return containers.labels("server", name, **{names.DEPLOYMENT_LABEL: name})
