"""The Job of one attempt: four steps in one pod, and the very server that will serve beside the third.

    fetch ─► convert ─► [triton] optimize ─► publish       init containers, then the main one
    source r                                                the source's credentials and content stay with fetch
    store  r                                 store w        only publish writes to the store (`stores`)
    fetched w ─► r ─────► r ─────────────────► r            each volume is written by the step of its name alone
             converted w ─► r
                           optimized w ─────► r
                  check r ◄─ check w                      triton's repository: it must be there before triton

convert alone runs the model's code: as another user, with nothing of the cluster in reach.
"""

from collections.abc import Sequence
from typing import Any

from model_builder import contract
from model_operator import containers, kinds, names, pods
from model_operator.api import build, types
from model_operator.builds.manifests import request, stores
from model_serving import flags

ROOT = "/modelsmith"
#: Of the container that runs the model's code: what the other steps own, it cannot change.
CONVERT_USER = 65533
#: Tries of one attempt. Only what may pass is tried again, see `failure_policy`.
BACKOFF_LIMIT = 2
#: Trying again gives the same: refused, no candidate passed, a defect of ours, out of memory or past the deadline
#: (both kill with 137, or 143 where the process ends at the first signal).
FINAL = sorted({contract.ExitCode.REJECTED, contract.ExitCode.GATE_FAILED, contract.ExitCode.INTERNAL, 137, 143})
REQUESTS = {"cpu": "500m", "memory": "2Gi"}
LIMITS = {"memory": "4Gi"}
CHECK_REQUESTS = {"cpu": "250m", "memory": "512Mi"}
CHECK_SHM = "64Mi"
#: The repository of the server beside optimize. A volume of its own, so that it is there when the server starts (a
#: server without its repository never gets ready), and is all that the server sees.
CHECK = f"{ROOT}/optimized/check"

_Step = contract.Step
#: Step -> volumes that it reads, volumes that it writes.
MOUNTS: dict[_Step, tuple[Sequence[str], Sequence[str]]] = {
    _Step.FETCH: (("request", "source"), ("fetched",)),
    _Step.CONVERT: (("request", "fetched"), ("converted",)),
    _Step.OPTIMIZE: (("request", "fetched", "converted"), ("optimized",)),
    _Step.PUBLISH: (("request", "fetched", "optimized"), ()),
}


def job(resource: kinds.Manifest, spec: build.ModelBuildSpec, attempt: str) -> kinds.Manifest:
    """The Job. One that names a queue begins suspended: Kueue lets it run, and nothing here ever writes that again."""
    metadata, queue = resource["metadata"], spec.execution.queue_name
    labels = containers.labels("build", metadata["name"], **{names.BUILD_LABEL: metadata["name"]})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job(metadata["name"], attempt),
            "namespace": metadata["namespace"],
            "labels": {**labels, **({names.QUEUE_LABEL: queue} if queue else {})},
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {
            **({"suspend": True} if queue else {}),
            "backoffLimit": BACKOFF_LIMIT,
            "podFailurePolicy": failure_policy(),
            "template": {
                "metadata": {"labels": labels, "annotations": request.annotations(spec.request)},
                "spec": pod(spec),
            },
        },
    }


def failure_policy() -> dict[str, Any]:
    """Disruptions do not count; what is final ends the Job at once; the rest is tried again.

    The rules name the steps one by one: the server beside optimize is ended by a signal with every pod that fails,
    and its exit code must not make a passing failure a final one.
    """
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    final = [
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": step.value, "operator": "In", "values": [int(code) for code in FINAL]},
        }
        for step in _Step
    ]
    return {"rules": [disrupted, *final]}


def is_final(failed: kinds.Manifest) -> bool:
    """Whether that policy ends the Job because of this failed pod; its controller takes a second to say so."""
    if kinds.condition(failed, "DisruptionTarget"):
        return False
    ends = filter(None, map(pods.last_end, pods.statuses(failed)))
    return any(end.container in set(_Step) and end.exit_code in FINAL for end in ends)


def pod(spec: build.ModelBuildSpec) -> dict[str, Any]:
    """The pod's spec. Its own deadline, not the Job's: waiting for a node is not building."""
    *steps, last = (step_container(step, spec) for step in _Step)
    fetch, convert, optimize = steps
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": types.seconds(spec.execution.timeout),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": containers.pod_security(),
        "initContainers": [fetch, convert, check_container(spec), optimize],
        "containers": [last],
        "volumes": volumes(spec),
    }


def step_container(step: contract.Step, spec: build.ModelBuildSpec) -> dict[str, Any]:
    """One step."""
    reads, writes = MOUNTS[step]
    return containers.container(
        step.value,
        spec.images.builder,
        ["python3", "-m", "model_builder", step.value, *stores.arguments(step, spec.store)],
        user=CONVERT_USER if step is _Step.CONVERT else containers.USER,
        resources=containers.resources(spec.execution.resources, REQUESTS, LIMITS),
        # Libraries keep caches at home, and the root cannot be written.
        env=containers.environment({"HOME": "/tmp", **stores.environment(step, spec.store)}),
        mounts=[
            *(containers.mount(name, f"{ROOT}/{name}", read_only=True) for name in reads),
            *stores.mounts(step, spec.store),
            *(containers.mount(name, f"{ROOT}/{name}") for name in writes),
            *([containers.mount("check", CHECK)] if step is _Step.OPTIMIZE else []),
            containers.mount(f"tmp-{step.value}", "/tmp"),
        ],
    )


def check_container(spec: build.ModelBuildSpec) -> dict[str, Any]:
    """The server that optimize loads the artifact into: a native sidecar, reached from this pod alone."""
    return containers.container(
        names.TRITON,
        spec.images.triton,
        ["tritonserver"],
        args=flags.check(CHECK),
        restartPolicy="Always",
        resources=containers.resources(spec.execution.resources, CHECK_REQUESTS, LIMITS),
        env=containers.environment({"HOME": "/tmp"}),
        mounts=[
            containers.mount("check", CHECK, read_only=True),
            containers.mount("shm", "/dev/shm"),
            containers.mount("tmp-triton", "/tmp"),
        ],
    )


def volumes(spec: build.ModelBuildSpec) -> list[dict[str, Any]]:
    """All volumes. A /tmp for each container: what the model's code leaves there, nobody finds."""
    return [
        {"name": "request", **request.volume()},
        {"name": "source", **source(spec.source)},
        *stores.volumes(spec.store),
        *(containers.empty_directory(volume) for volume in ("fetched", "converted", "optimized", "check")),
        *(containers.empty_directory(f"tmp-{step.value}") for step in _Step),
        containers.empty_directory(f"tmp-{names.TRITON}"),
        containers.empty_directory("shm", size=CHECK_SHM, memory=True),
    ]


def source(asked: types.Source) -> dict[str, Any]:
    """The volume that holds the source. ConfigMap sources stay within the 1 MiB that a ConfigMap may have."""
    if asked.config_map:
        return {"configMap": {"name": asked.config_map.name}}
    if asked.pvc:
        return {"persistentVolumeClaim": {"claimName": asked.pvc.claim_name}}
    message = "a source names a ConfigMap or a claim"
    raise ValueError(message)
