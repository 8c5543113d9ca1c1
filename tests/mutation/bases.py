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

_SELECTOR: Spec = {
    "matchLabels": {"app": "client"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
}
_BLOCK: Spec = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}
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
        "rollout": {
            "strategy": "recreate",
            "canary": {
                "steps": [{"weight": 20, "duration": "2m"}],
                "maxFailedPercent": 2,
                "maxSlowdownPercent": 20,
                "minRequests": 10,
            },
        },
        "drift": {"sampleEvery": 50},
        "ingress": {
            "host": "models.example.com",
            "className": "public",
            "path": "/v2/models/digits",
            "annotations": {"example.com/body-size": "64m"},
            "tlsSecretName": "models-tls",
        },
        "gateway": {
            "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
            "hostnames": ["digits.example.com"],
            "grpcHostnames": ["digits-grpc.example.com"],
            "scheme": "http",
        },
        "networkPolicy": {"from": [{"podSelector": _SELECTOR, "namespaceSelector": _SELECTOR}, _BLOCK]},
    },
    "suspend": False,
}
#: What cannot be said beside that: a claim as source, a registry, GPUs, encryption.
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
        **{name: value for name, value in ON_CPU["serving"].items() if name not in ("ingress", "gateway")},
        "networkPolicy": {"from": [_BLOCK]},
        "gpu": {"count": 1},
        "modelConfig": making.OVERLAY,
        "responseCache": {"size": "64Mi"},
        "tls": {"secretName": "certificate", "clientCa": True},
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    },
}
SMALLEST: Spec = making.spec()
_TARGETS: Spec = {
    "queueTime": {"targetMilliseconds": 20},
    "pendingRequests": {"target": 4},
    "cpu": {"targetUtilization": 70},
    "scaleDownAfter": "10m",
}
#: As many servers as the load asks for.
BY_HPA: Spec = {
    **SMALLEST,
    "serving": {"autoscaling": {"engine": "hpa", "minReplicas": 2, "maxReplicas": 1000, **_TARGETS}},
}
BY_METRICS: Spec = {
    **SMALLEST,
    "serving": {"autoscaling": {"maxReplicas": 8, "metrics": [{"name": "clients", "target": "10"}]}},
}
BY_KEDA: Spec = {
    **SMALLEST,
    "serving": {
        "autoscaling": {
            "engine": "keda",
            "minReplicas": 1,
            "maxReplicas": 1000,
            **_TARGETS,
            "queries": [{"query": "sum(requests)", "target": "10", "activation": "3"}],
        }
    },
}
ALL = {
    "on CPUs": ON_CPU,
    "on GPUs": ON_GPU,
    "smallest": SMALLEST,
    "by an HPA": BY_HPA,
    "by metrics": BY_METRICS,
    "by KEDA": BY_KEDA,
}
#: Upon which base a field is mutated, where the first that has it leaves little choice.
PREFERRED = {
    "spec.serving.networkPolicy.from[].ipBlock": "on GPUs",
    "spec.serving.networkPolicy.from[].ipBlock.cidr": "on GPUs",
    "spec.serving.networkPolicy.from[].ipBlock.except": "on GPUs",
    "spec.serving.networkPolicy.from[].ipBlock.except[]": "on GPUs",
    "spec.build.target": "smallest",
    "spec.serving.tolerations[].effect": "on GPUs",
    "spec.serving.tolerations[].operator": "on GPUs",
}

#: Requirements of a selector, at the places where they stand.
_EXPRESSIONS: dict[str, dict[str, Any]] = {
    "": {
        "several": [{"key": "a", "operator": word} for word in ("Exists", "DoesNotExist")],
        "full": [{"key": f"key-{number}", "operator": "NotIn", "values": ["x"]} for number in range(8)],
    },
    "[]": {"another": {"key": "example.com/tier", "operator": "Exists"}},
    "[].key": {"longest": f"{'p' * 253}/{'n' * 63}"},
}


def _hosts(kind: str, count: int) -> list[str]:
    return [f"{kind}-{number}.example.com" for number in range(count)]


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
#: A container that Pod Security lets stand beside ours.
_MIRROR = {
    "name": "mirror",
    "image": "reg/mirror:1",
    "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
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
    "spec.serving.autoscaling": {"another": {"engine": "keda", "maxReplicas": 3, "cpu": {}}},
    "spec.serving.autoscaling.minReplicas": {"least": 1},
    "spec.serving.autoscaling.maxReplicas": {"least": 2},
    "spec.serving.autoscaling.metrics": {
        "several": [{"name": name, "target": "10"} for name in ("a", "b", "c")],
        "full": [{"name": f"metric_{number}", "target": "1500m"} for number in range(8)],
    },
    "spec.serving.autoscaling.queries": {
        "several": [{"query": query, "target": "2.5"} for query in ("a", "b", "c")],
        "full": [{"query": f"sum(a{number})", "target": "1k", "activation": 5} for number in range(8)],
    },
    "spec.serving.autoscaling.queries[].query": {"longest": "q" * 2000},
    "spec.serving.autoscaling.scaleDownAfter": {"another": "90s", "more": "45m", "longest": "60m"},
    "spec.serving.ingress.path": {"root": "/"},
    "spec.serving.gateway": {"another": {"parentRefs": [{"name": "other"}], "hostnames": ["other.example.com"]}},
    "spec.serving.gateway.parentRefs": {
        "several": [{"name": "a", "sectionName": "x"}, {"name": "a", "sectionName": "y"}, {"name": "b"}],
        "full": [{"name": f"public-{number}"} for number in range(8)],
    },
    "spec.serving.gateway.hostnames": {"several": _hosts("a", 3), "full": _hosts("a", 8)},
    "spec.serving.gateway.grpcHostnames": {"several": _hosts("b", 3), "full": _hosts("b", 8)},
    "spec.serving.networkPolicy.from": {
        "several": [_BLOCK, {"podSelector": {}}, {"namespaceSelector": _SELECTOR}],
        "full": [{"podSelector": {"matchLabels": {"number": str(number)}}} for number in range(16)],
    },
    "spec.serving.networkPolicy.from[]": {"another": {"namespaceSelector": {}}},
    **{
        f"spec.serving.networkPolicy.from[].{selector}.matchExpressions{field}": values
        for selector in ("podSelector", "namespaceSelector")
        for field, values in _EXPRESSIONS.items()
    },
    "spec.serving.networkPolicy.from[].ipBlock": {"another": {"cidr": "fd00::/8"}},
    "spec.serving.networkPolicy.from[].ipBlock.cidr": {"shortest": "0.0.0.0/0", "another": "10.0.0.0/7"},
    "spec.serving.networkPolicy.from[].ipBlock.except": {
        "several": ["10.1.0.0/16", "10.2.0.0/16"],
        "full": [f"10.{number}.0.0/16" for number in range(8)],
    },
    "spec.serving.networkPolicy.from[].ipBlock.except[]": {"another": "10.9.0.0/16"},
    "spec.serving.gpu": {
        "of a kind": {"product": "NVIDIA-L4", "memory": "20Gi", "count": 2},
        "a slice": {"mig": {"profile": "1g.10gb"}},
        "another vendor's": {"resourceName": "amd.com/gpu", "count": 2},
        "whole": {"resourceName": "nvidia.com/gpu.shared", "product": "Tesla-T4-SHARED", "memory": "14Gi"},
    },
    "spec.serving.gpu.mig": {"another": {"profile": "3g.40gb"}},
    "spec.serving.gpu.mig.profile": {"shortest": "1g.5gb", "longest": "1c.3g.40gb+me.all", "another": "7g.80gb"},
    "spec.serving.gpu.resourceName": {
        "shortest": "a.b/c",
        "longest": f"{'d' * 189}/{'n' * 63}",
        "another": "amd.com/gpu",
    },
    "spec.serving.shmSize": {"more": "2Gi"},
    "spec.serving.podTemplate": {"another": {"spec": {"schedulerName": "kai-scheduler"}}},
    "spec.serving.podTemplate.spec": {
        "another scheduler": {"schedulerName": "kai-scheduler"},
        "a container beside": {"containers": [_MIRROR]},
        "the image of triton": {"containers": [{"name": "triton", "image": "x"}]},
        "the node's network": {"hostNetwork": True},
        "no amount": {"containers": [{**_MIRROR, "resources": {"limits": {"cpu": "much"}}}]},
    },
    "spec.serving.tolerations": {"some": list(_TOLERATIONS)},
    "spec.serving.tolerations[].key": {"longest": f"{'p' * 253}/{'n' * 63}"},
    "spec.serving.tolerations[]": {"another": _TOLERATIONS[0]},
}
