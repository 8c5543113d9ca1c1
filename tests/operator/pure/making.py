"""The resources, pods and reports that tests are about."""

import dataclasses
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


#: A build that judges int8Static, and falls back.
LADDER: Manifest = {
    "candidates": ["int8Static", "none"],
    "calibration": {"data": {"file": "train.npz"}},
    "evaluation": {"data": {"file": "test.npz"}},
    "gate": {"maxDrop": {"accuracy": 0.01}},
}
#: Triton's own settings, encrypted and with a cache.
TUNED: Manifest = {
    "modelConfig": {
        "dynamic_batching": {"default_queue_policy": {"max_queue_size": 100}},
        "instance_group": [{"count": 2, "rate_limiter": {"priority": 2}}],
        "parameters": {"execution_mode": {"string_value": "1"}},
    },
    "responseCache": {"size": "64Mi"},
    "drift": {"sampleEvery": 200},
    "tls": {"secretName": "digits-tls", "clientCa": True},
    "resources": {"limits": {"cpu": "7"}},
}
GPUS: Manifest = {"gpu": {"count": 2}}
_QUEUE: Manifest = {
    "timeout_action": "DELAY",
    "default_timeout_microseconds": 5,
    "allow_timeout_override": True,
    "max_queue_size": 7,
}
_ZEROS: Manifest = {"data_type": "TYPE_FP32", "dims": [1, 8, 8], "zero_data": True}
#: Everything that can be said of Triton's configuration, with GPUs.
OVERLAY: Manifest = {
    "dynamic_batching": {
        "preferred_batch_size": [4, 8],
        "max_queue_delay_microseconds": 9,
        "preserve_ordering": True,
        "priority_levels": 2,
        "default_priority_level": 2,
        "default_queue_policy": _QUEUE,
        "priority_queue_policy": {"1": _QUEUE},
    },
    "instance_group": [
        {
            "name": "first",
            "kind": "KIND_GPU",
            "count": 3,
            "gpus": [1],
            "profile": ["0"],
            "host_policy": "near",
            "rate_limiter": {"resources": [{"name": "R", "global": True, "count": 2}], "priority": 4},
        },
        {"kind": "KIND_CPU", "passive": True},
    ],
    "optimization": {
        "graph": {"level": 1},
        "priority": "PRIORITY_MAX",
        "cuda": {"graphs": True, "busy_wait_events": True, "output_copy_stream": True},
        "execution_accelerators": {
            "gpu_execution_accelerator": [{"name": "tensorrt", "parameters": {"precision_mode": "FP32"}}],
            "cpu_execution_accelerator": [{"name": "openvino", "parameters": {"num_of_threads": "2"}}],
        },
        "input_pinned_memory": {"enable": True},
        "output_pinned_memory": {"enable": False},
        "gather_kernel_buffer_threshold": 5,
        "eager_batching": True,
    },
    "parameters": {"execution_mode": {"string_value": "1"}},
    "model_warmup": [{"name": "mine", "batch_size": 2, "count": 3, "inputs": {"image": _ZEROS}}],
    "metric_tags": {"team": "vision"},
}
REPOSITORY = "registry.example:5000/team/models"
REFERENCE = f"{REPOSITORY}@sha256:{'d' * 64}"
#: Artifacts in a registry that asks who one is.
REGISTRY: Manifest = {
    "store": "oci",
    "oci": {"repository": REPOSITORY, "pushSecretName": "push", "pullSecretName": "pull"},
}
FELL = (
    "accuracy fell by 1.6 points (0.991 to 0.976, interval 0.4 to 2.7), allowed is 1.0;"
    " 9 of 450 samples worse, 2 better"
)
PASSED: Manifest = {"candidate": "none", "verdict": "passed", "message": ""}
FAILED: Manifest = {"candidate": "int8Static", "verdict": "failed", "message": FELL}
#: What publish adds to its report when int8Static serves.
QUANTIZED: Manifest = {
    "candidates": [{"candidate": "int8Static", "verdict": "passed", "message": "accuracy fell by 0.2 points"}],
    "precision": "int8",
    "size": 101_000,
    "floatSize": 369_000,
    "drops": {
        "accuracy": {
            "value": 0.00222,
            "low": -0.004,
            "high": 0.008,
            "limit": 0.01,
            "mode": "fullBatch",
            "worse": 2,
            "better": 1,
        }
    },
    "speedup": {"value": 1.631, "low": 1.58, "high": 1.71},
    "capacity": {
        "requestsPerSecond": 5210.0,
        "concurrency": 8,
        "latency": 1540.0,
        "threads": 1,
        "maxBatch": 32,
        "batchSeconds": 0.00614,
    },
}


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


def model_deployment(name: str = "digits", *, requested_at: str = "", upgraded_at: str = "", **parts: Any) -> Manifest:
    asked = {names.REQUESTED_AT: requested_at, names.UPGRADED_AT: upgraded_at}
    annotations = {annotation: value for annotation, value in asked.items() if value}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.DEPLOYMENT_KIND,
        "metadata": {"name": name, "namespace": worlds.NAMESPACE, "annotations": annotations},
        "spec": spec(**parts),
    }


def world(*, name: str = "digits", version: tuple[int, int] = (1, 36), **parts: Any) -> worlds.World:
    """A cluster with one ModelDeployment, a ConfigMap and a claim that hold the model."""
    made = worlds.World(version=version)
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
        "candidates": [PASSED],
        "floatSize": 369_000,
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


def gate_failed(*rungs: Manifest) -> str:
    """optimize's report when nothing passes."""
    told = {
        "reason": "GateFailed",
        "message": "no candidate keeps what the gate asks",
        "field": "spec.build.candidates",
        "nextStep": "Append none to spec.build.candidates, or allow more with spec.build.gate.maxDrop.",
    }
    return json.dumps({"step": "optimize", "failure": told, "candidates": rungs or [FAILED]})


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
    publish = world.all(kinds.JOB)[-1]["spec"]["template"]["spec"]["containers"][0]
    pushed = {"reference": REFERENCE} if any("oci://" in word for word in publish["command"]) else {}
    words = report(**{**pushed, **fields})
    job_pod(world, "Succeeded", *(terminated(step) for step in STEPS[:-1]), terminated("publish", 0, words))
    end_job(world, "Complete")
    for build in world.all(kinds.MODEL_BUILD):
        world.reconcile_build(build["metadata"]["name"])


def build_badly(world: worlds.World, code: int = 64, message: str = "", **fields: Any) -> None:
    """The newest Job fails in convert, or at the gate."""
    words = message or failure(**fields)
    if code == contract.ExitCode.GATE_FAILED:
        job_pod(world, "Failed", terminated("fetch"), terminated("convert"), terminated("optimize", code, words))
    else:
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


def upgrade(world: worlds.World, **images: str) -> None:
    """Another operator takes over: with images of its own, or these."""
    newer = {"builder": "reg/builder:2", "serving": "reg/serving:2", "triton": "reg/triton:2"}
    chosen = dataclasses.replace(worlds.IMAGES, **(images or newer))
    world.settings = dataclasses.replace(world.settings, images=chosen)


def server_pod(
    world: worlds.World, *statuses: Manifest, name: str = "digits", number: int = 0, **status: Any
) -> Manifest:
    """A pod of the newest Deployment, not ready."""
    template = world.find(kinds.DEPLOYMENT, name)["spec"]["template"]
    initial = (names.FETCH, names.COMPOSE, names.SENTINEL)
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


def unscheduled(
    words: str = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", reason: str = "Unschedulable"
) -> Manifest:
    return {"conditions": [{"type": "PodScheduled", "status": "False", "reason": reason, "message": words}]}


def _key(name: str) -> kinds.Key:
    return kinds.Key(kinds.MODEL_DEPLOYMENT, worlds.NAMESPACE, name)
