"""The servers: a Deployment whose pods compose, watch and serve one artifact.

    compose (init)          artifact r ─► repository w
    sentinel (sidecar)      artifact r    answers triton's probes on the pod's address
    triton                  artifact r, repository r

`template` is rendered once for a revision and then kept with it; `deployment` puts it to work.
"""

from typing import Any

from model_operator import containers, kinds, names
from model_operator.api import deployment as api
from model_operator.api import types
from model_operator.deployments import revisions
from model_serving import flags, places, settings

REQUESTS = {"cpu": "500m", "memory": "1Gi"}
LIMITS = {"memory": "2Gi"}
#: compose and the sentinel: golden samples and their answers are the only large thing they hold.
SMALL_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
SMALL_LIMITS = {"memory": "512Mi"}
#: Triton hands tensors to its backends' processes through shared memory.
SHM = "256Mi"

#: Endpoints forget the pod meanwhile; Triton refuses new connections from SIGTERM on.
PRE_STOP_SECONDS = 5
#: After Triton's own limit.
MARGIN_SECONDS = 10
#: Ready for this long before the next server is replaced.
MIN_READY_SECONDS = 2
#: A large model, read from a slow disk.
STARTUP_SECONDS = 600
PROGRESS_DEADLINE_SECONDS = STARTUP_SECONDS + 300
TMP = "/tmp"


def deployment(resource: kinds.Manifest, revision: revisions.Revision, replicas: int) -> kinds.Manifest:
    """The Deployment of the stable track. No server leaves before another is ready."""
    metadata = resource["metadata"]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": _labels(metadata["name"]),
            "annotations": {names.REVISION: revision.name},
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": names.stable_selector(metadata["name"])},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "minReadySeconds": MIN_READY_SECONDS,
            "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
            "revisionHistoryLimit": 3,
            "template": revision.template,
        },
    }


def template(
    model: str, revision: str, artifact: str, spec: api.ModelDeploymentSpec, images: types.Images
) -> dict[str, Any]:
    """The pods of a revision."""
    serving = spec.serving
    configuration = settings.ServingSettings(
        model_name=model,
        artifact=artifact,
        batching=serving.batching,
        instances=serving.instances,
        gpus=serving.gpu.count if serving.gpu else 0,
    )
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": PRE_STOP_SECONDS + flags.EXIT_TIMEOUT_SECONDS + MARGIN_SECONDS,
        "securityContext": containers.pod_security(),
        "initContainers": [compose(configuration, images), sentinel(configuration, images)],
        "containers": [triton(configuration, images, serving)],
        "volumes": volumes(spec.artifact.claim_name),
        **placement(serving),
    }
    labels = {**_labels(model), names.TRACK_LABEL: names.STABLE, names.REVISION: revision}
    return {"metadata": {"labels": labels}, "spec": pod}


def compose(configuration: settings.ServingSettings, images: types.Images) -> dict[str, Any]:
    """Verifies the artifact, and writes Triton's repository."""
    return containers.container(
        names.COMPOSE,
        images.serving,
        ["python3", "-m", "model_serving", "compose"],
        env=_settings(configuration),
        resources=_small(),
        mounts=[_artifact(configuration), containers.mount("repository", places.REPOSITORY), _tmp(names.COMPOSE)],
    )


def sentinel(configuration: settings.ServingSettings, images: types.Images) -> dict[str, Any]:
    """Tells the kubelet the truth about Triton: a native sidecar, up before it and gone after it."""
    return containers.container(
        names.SENTINEL,
        images.serving,
        ["python3", "-m", "model_serving", "sentinel"],
        restartPolicy="Always",
        env=_settings(configuration),
        resources=_small(),
        ports=[_port("sentinel", settings.SENTINEL_PORT)],
        mounts=[_artifact(configuration), _tmp(names.SENTINEL)],
    )


def triton(configuration: settings.ServingSettings, images: types.Images, serving: api.Serving) -> dict[str, Any]:
    """The server. Its last log lines are its last words: Triton writes no termination message."""
    gpus = {names.GPU_RESOURCE: str(serving.gpu.count)} if serving.gpu else {}
    resources = containers.resources(serving.resources, REQUESTS, LIMITS)
    return {
        **containers.container(
            names.TRITON,
            images.triton,
            ["tritonserver"],
            args=flags.server(configuration),
            # The key that opens Triton's administration: known to who may read this pod, see flags.POD_KEY.
            env=[
                {"name": "MODELSMITH_POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
                *containers.environment({"HOME": TMP}),
            ],
            resources={"requests": {**resources["requests"], **gpus}, "limits": {**resources["limits"], **gpus}},
            ports=[
                _port("http", settings.HTTP_PORT),
                _port("grpc", settings.GRPC_PORT),
                _port("metrics", settings.METRICS_PORT),
            ],
            lifecycle={"preStop": {"sleep": {"seconds": PRE_STOP_SECONDS}}},
            **probes(),
            mounts=[
                _artifact(configuration),
                containers.mount("repository", places.REPOSITORY, read_only=True),
                containers.mount("shm", "/dev/shm"),
                _tmp(names.TRITON),
            ],
        ),
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def probes() -> dict[str, Any]:
    """All of them ask the sentinel. Its own restart takes seconds, and must not restart or take out the server."""
    return {
        "startupProbe": _probe("/startupz", period=2, failures=STARTUP_SECONDS // 2),
        "readinessProbe": _probe("/readyz", period=2, failures=10),
        "livenessProbe": _probe("/livez", period=10, failures=6),
    }


def placement(serving: api.Serving) -> dict[str, Any]:
    """Where the pods may run, as the spec says it; what it does not say is not written."""
    said = {
        "nodeSelector": dict(serving.node_selector),
        "tolerations": [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in serving.tolerations],
        "priorityClassName": serving.priority_class_name,
        "runtimeClassName": serving.runtime_class_name,
    }
    return {name: value for name, value in said.items() if value}


def volumes(claim: str) -> list[dict[str, Any]]:
    """All volumes. A /tmp for each container, as in a build."""
    return [
        {"name": "artifacts", "persistentVolumeClaim": {"claimName": claim}},
        containers.empty_directory("repository"),
        containers.empty_directory("shm", size=SHM, memory=True),
        *(containers.empty_directory(f"tmp-{name}") for name in (names.COMPOSE, names.SENTINEL, names.TRITON)),
    ]


def _labels(name: str) -> dict[str, str]:
    return containers.labels("server", name, **{names.DEPLOYMENT_LABEL: name})


def _artifact(configuration: settings.ServingSettings) -> containers.Mount:
    """The one artifact, not the store: a server sees nothing of its neighbours."""
    return containers.mount(
        "artifacts", places.ARTIFACT, sub_path=names.artifact_path(configuration.artifact), read_only=True
    )


def _settings(configuration: settings.ServingSettings) -> list[dict[str, Any]]:
    return containers.environment({places.SETTINGS_VARIABLE: configuration.model_dump_json(by_alias=True), "HOME": TMP})


def _small() -> dict[str, Any]:
    return containers.resources(types.Resources(), SMALL_REQUESTS, SMALL_LIMITS)


def _tmp(container: str) -> containers.Mount:
    return containers.mount(f"tmp-{container}", TMP)


def _port(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": settings.SENTINEL_PORT, "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
