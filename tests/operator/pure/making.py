"""The resources, pods and reports that tests are about."""

import json
from typing import Any

from pure import worlds

from model_builder import contract
from model_operator import kinds, names

Manifest = dict[str, Any]
ARTIFACT = "sha256:" + "a" * 64
PLAN = "sha256:" + "b" * 64
#: What a user made.
GIVEN = {"digits-model", "models"}
STEPS = [step.value for step in contract.Step]


def spec(**parts: Any) -> Manifest:
    """A spec as a person writes it; parts replace whole sections."""
    return {
        "model": {
            "source": {"configMap": {"name": "digits-model"}},
            "format": "stateDict",
            "weights": "digits.pt",
            "architecture": {"factory": "digits:build"},
            "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
        },
        "build": {"evaluation": {"data": {"file": "test.npz"}}},
        **parts,
    }


def model_deployment(name: str = "digits", *, requested_at: str = "", **parts: Any) -> Manifest:
    annotations = {names.REQUESTED_AT: requested_at} if requested_at else {}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.DEPLOYMENT_KIND,
        "metadata": {"name": name, "namespace": worlds.NAMESPACE, "annotations": annotations},
        "spec": spec(**parts),
    }


def world(*, name: str = "digits", **parts: Any) -> worlds.World:
    """A cluster with one ModelDeployment, a ConfigMap and a claim that hold the model."""
    made = worlds.World()
    made.config_map()
    made.put({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "models"}, "spec": {}})
    made.put(model_deployment(name, **parts))
    return made


def report(**fields: Any) -> str:
    """publish's report."""
    told = {
        "step": "publish",
        "artifact": ARTIFACT,
        "plan": PLAN,
        "precision": "float32",
        "size": 369_000,
        "metrics": {"accuracy": {"value": 0.991, "low": 0.982, "high": 0.996}},
        **fields,
    }
    return json.dumps(told)


def failure(step: str = "convert", **fields: Any) -> str:
    told = {
        "reason": "WeightsMismatch",
        "message": "missing keys: conv1.weight",
        "field": "digits.pt",
        "nextStep": "Save the state dict of the module that the factory returns.",
        **fields,
    }
    return json.dumps({"step": step, "failure": told})


def terminated(name: str, code: int = 0, message: str = "", reason: str = "") -> Manifest:
    reason = reason or ("Completed" if code == 0 else "Error")
    return {"name": name, "state": {"terminated": {"exitCode": code, "reason": reason, "message": message}}}


def waiting(name: str, reason: str = "PodInitializing", message: str = "", **fields: Any) -> Manifest:
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}, **fields}


def running(name: str, **fields: Any) -> Manifest:
    return {"name": name, "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}, **fields}


def job_pod(world: worlds.World, phase: str, *statuses: Manifest, number: int = 0, **status: Any) -> Manifest:
    """A pod of the newest Job, as the kubelet reports it."""
    job = world.all(kinds.JOB)[-1]
    labels = {**job["spec"]["template"]["metadata"]["labels"], names.JOB_NAME_LABEL: job["metadata"]["name"]}
    return world.put(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{job['metadata']['name']}-{number}",
                "namespace": worlds.NAMESPACE,
                "labels": labels,
            },
            "spec": job["spec"]["template"]["spec"],
            "status": {
                "phase": phase,
                "initContainerStatuses": [one for one in statuses if one["name"] != "publish"],
                "containerStatuses": [one for one in statuses if one["name"] == "publish"],
                **status,
            },
        }
    )


def end_job(world: worlds.World, type_: str, **condition: Any) -> None:
    job = world.all(kinds.JOB)[-1]
    job["status"] = {
        "conditions": [{"type": type_, "status": "True", **condition}],
        "completionTime": "2026-01-02T03:04:05Z",
    }


def build_well(world: worlds.World, **fields: Any) -> None:
    """The kubelet and the Job controller bring the newest Job to a good end."""
    job_pod(world, "Succeeded", *(terminated(step) for step in STEPS[:-1]), terminated("publish", 0, report(**fields)))
    end_job(world, "Complete")
    for build in world.all(kinds.MODEL_BUILD):
        world.reconcile_build(build["metadata"]["name"])


def build_badly(world: worlds.World, code: int = 64, message: str = "", **fields: Any) -> None:
    """The newest Job fails in convert."""
    words = message or failure(**fields)
    job_pod(world, "Failed", terminated("fetch"), terminated("convert", code, words), waiting("optimize"))
    end_job(world, "Failed", reason="PodFailurePolicy")
    for build in world.all(kinds.MODEL_BUILD):
        world.reconcile_build(build["metadata"]["name"])


def start_build(world: worlds.World, name: str = "digits") -> str:
    """Up to the Job; the ModelBuild's name."""
    world.reconcile(name)
    build: str = world.objects[_key(name)]["status"]["build"]["name"]
    world.reconcile_build(build)
    return build


def roll(world: worlds.World, name: str = "digits", *, ready: int | None = None, updated: int | None = None) -> None:
    """The Deployment controller and the kubelets bring up the servers."""
    server = world.find(kinds.DEPLOYMENT, name)
    wanted = server["spec"]["replicas"]
    ready, updated = (wanted if number is None else number for number in (ready, updated))
    server["status"] = {
        "observedGeneration": server["metadata"]["generation"],
        "replicas": max(updated, ready, wanted),
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }


def serving(**parts: Any) -> worlds.World:
    """A cluster in which `digits` is Ready."""
    made = world(**parts)
    start_build(made)
    build_well(made)
    made.reconcile()
    roll(made)
    made.reconcile()
    return made


def server_pod(
    world: worlds.World, *statuses: Manifest, name: str = "digits", number: int = 0, **status: Any
) -> Manifest:
    """A pod of the newest Deployment, not ready."""
    template = world.find(kinds.DEPLOYMENT, name)["spec"]["template"]
    initial = (names.COMPOSE, names.SENTINEL)
    return world.put(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-{number}",
                "namespace": worlds.NAMESPACE,
                "labels": template["metadata"]["labels"],
            },
            "spec": template["spec"],
            "status": {
                "phase": "Pending",
                "initContainerStatuses": [one for one in statuses if one["name"] in initial],
                "containerStatuses": [one for one in statuses if one["name"] not in initial],
                **status,
            },
        }
    )


def unscheduled(words: str = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.") -> Manifest:
    return {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}]}


def _key(name: str) -> kinds.Key:
    return kinds.Key(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE, name)
