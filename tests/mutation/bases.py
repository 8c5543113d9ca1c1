"""Specs to start from: between them they say everything that a spec can say.

What a schema cannot know stands here too: which files and ConfigMaps exist, and which keys a map may have.
"""

import copy
from typing import Any

from pure import making, worlds

Spec = dict[str, Any]

LONG_FILE = "w" * 253
FILES = {
    **worlds.DIGITS,
    **dict.fromkeys(("other.pt", "calibration.npz", "held-back.npz", "a", "aa", LONG_FILE), "content"),
}
#: Names of ConfigMaps and claims that a user made; the schema's own examples are among them.
CONFIG_MAPS = ("digits-model", "other-model", "a", "aaa", "a" * 253)
CLAIMS = ("models", "other-models", "a", "aaa", "a" * 253)

#: Everything that can be said of an artifact on a claim, served on CPUs.
ON_CPU: Spec = {
    "model": {
        "source": {"configMap": {"name": "digits-model"}},
        "format": "stateDict",
        "weights": "digits.pt",
        "architecture": {"factory": "digits:build"},
        "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
        "outputs": ["logits"],
    },
    "build": {
        "candidates": ["int8Static", "none"],
        "selection": "first",
        "target": {"cpu": "vnni"},
        "calibration": {"data": {"file": "train.npz"}, "samples": 200, "method": "entropy"},
        "evaluation": {"data": {"file": "test.npz"}, "metrics": ["accuracy", "f1"]},
        "gate": {"maxDrop": {"accuracy": 0.02, "recall": 0.03, "f1": 0.04}, "confidence": 0.9},
        "resources": {"limits": {"cpu": "3", "memory": "3Gi"}, "requests": {"ephemeral-storage": "2Gi"}},
        "timeout": "30m",
        "image": "reg/builder:2",
    },
    "artifact": {"store": "pvc", "claimName": "shelf", "storageClassName": "fast", "size": "5Gi"},
    "serving": {
        "replicas": 2,
        "batching": {"maxBatchSize": 16, "maxQueueDelayMicroseconds": 100, "preferredBatchSize": [4]},
        "instances": {"count": 2},
        "resources": {"limits": {"cpu": "4", "memory": "4Gi"}, "requests": {"ephemeral-storage": "1Gi"}},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [
            {"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute", "tolerationSeconds": 30}
        ],
        "priorityClassName": "high",
        "runtimeClassName": "nvidia",
        "image": "reg/triton:2",
    },
    "suspend": False,
}
#: What cannot be said beside that: a claim as source, a registry, GPUs.
ON_GPU: Spec = {
    **copy.deepcopy(ON_CPU),
    "model": {**ON_CPU["model"], "source": {"pvc": {"claimName": "models", "path": "digits/v1"}}},
    "build": {
        **{name: value for name, value in ON_CPU["build"].items() if name != "calibration"},
        "candidates": ["fp16", "none"],
        "target": {"gpu": {}},
    },
    "artifact": {"store": "oci", "oci": {**making.REGISTRY["oci"], "plainHttp": True}},
    "serving": {
        **ON_CPU["serving"],
        "gpu": {"count": 2},
        "modelConfig": making.OVERLAY,
        "responseCache": {"size": "64Mi"},
        "tls": {"secretName": "certificate", "clientCa": True},
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    },
}
SMALLEST: Spec = making.spec()
ALL = {"on CPUs": ON_CPU, "on GPUs": ON_GPU, "smallest": SMALLEST}
#: Upon which base a field is mutated, where the first that has it leaves little choice.
PREFERRED = {
    "spec.build.target": "smallest",
    "spec.serving.tolerations[].effect": "on GPUs",
    "spec.serving.tolerations[].operator": "on GPUs",
}

_DEVICES = {f"example.com/device-{number}": number + 1 for number in range(16)}
_LIMITS = {
    "one entry": {"cpu": "2"},
    "several": {"cpu": 1, "memory": "1.5Gi", "ephemeral-storage": "3Gi"},
    "full": _DEVICES,
}
_REQUESTS = {"one entry": {"cpu": "2"}, "full": {"cpu": 1, "memory": "1.5Gi", "ephemeral-storage": "2.5Gi"}}
#: A toleration of each shape.
_TOLERATIONS = (
    {"key": "a", "operator": "Exists"},
    {"operator": "Exists", "effect": "NoSchedule"},
    {"key": "b.example/c", "value": "d", "effect": "NoExecute", "tolerationSeconds": 0},
)
#: Values that make sense where the schema's do not, or beside them: by the field, and by what the value is called.
VALUES: dict[str, dict[str, Any]] = {
    "spec.model": {"another": {**ON_GPU["model"], "weights": "other.pt", "outputs": ["a", "b"]}},
    "spec.model.weights": {"another": "other.pt", "longest": LONG_FILE},
    "spec.model.architecture.factory": {"another": "package.module:build"},
    "spec.model.source": {
        "a claim": {"pvc": {"claimName": "models"}},
        "another": {"configMap": {"name": "other-model"}},
    },
    "spec.build": {
        "another": {**ON_GPU["build"], "target": {"cpu": "amx"}},
        "int8 for a GPU": {**ON_CPU["build"], "target": {"gpu": {}}},
    },
    "spec.build.target": {"a CPU": {"cpu": "amx"}, "a GPU": {"gpu": {}}},
    "spec.build.calibration.data.file": {"another": "calibration.npz", "longest": LONG_FILE},
    "spec.build.evaluation.data.file": {"another": "held-back.npz", "longest": LONG_FILE},
    "spec.build.gate": {"another": {"maxDrop": {"f1": 0.5}, "confidence": 0.6}},
    "spec.build.resources": {"another": {"limits": {"memory": "8Gi"}, "requests": {"cpu": "100m"}}},
    "spec.build.resources.limits": _LIMITS,
    "spec.build.resources.requests": _REQUESTS,
    "spec.build.timeout": {"another": "90s", "more": "45m"},
    "spec.artifact": {"another": {"claimName": "other"}, "a registry": making.REGISTRY},
    "spec.artifact.claimName": {"shortest": "s", "another": "second-shelf", "longest": "s" * 253},
    "spec.artifact.oci.repository": {"another": "registry.example/other/models"},
    "spec.serving.resources": {
        "another": {"limits": {"memory": "8Gi"}, "requests": {"cpu": "100m"}},
        "more than the limit": {"limits": {"cpu": 1}, "requests": {"cpu": "1500m"}},
        "a GPU": {"limits": {"nvidia.com/gpu": 1}},
    },
    "spec.serving.resources.limits": _LIMITS,
    "spec.serving.resources.requests": _REQUESTS,
    "spec.serving.modelConfig.dynamic_batching.priority_queue_policy": {"one entry": {"2": {"max_queue_size": 3}}},
    "spec.serving.modelConfig.metric_tags": {
        "one entry": {"owner": "a"},
        "full": {f"tag_{number}": "a" for number in range(16)},
    },
    "spec.serving.responseCache.size": {"more": "128Mi"},
    "spec.serving.batching.maxBatchSize": {"more": 64},
    "spec.serving.tolerations": {"some": list(_TOLERATIONS)},
    "spec.serving.tolerations[].key": {"longest": f"{'p' * 253}/{'n' * 63}"},
    "spec.serving.tolerations[]": {"another": _TOLERATIONS[0]},
}
