"""What a real API server makes of our definitions, their rules, and the objects that we write."""

import copy

import pytest
from edge import clusters
from pure import deployment_rows, making, test_golden, test_pods, test_routing, worlds

from model_operator import connecting, kinds, names
from model_operator.api import build, deployment, parsing

PEERS = test_routing.PEERS
ANY_TENSOR = {"name": "a", "dtype": "float32", "shape": [1]}


def changed(path, value):
    made = making.model_deployment()
    *parents, last = path.split(".")
    node = made
    for part in parents:
        node = node.setdefault(part, {})
    node[last] = value
    return made


def dry_run(namespace, kind, manifest):
    manifest = copy.deepcopy(manifest)
    manifest["metadata"]["namespace"] = namespace.name
    return namespace.cluster.call("POST", f"{namespace.path(kind)}?dryRun=All&fieldValidation=Strict", manifest)


ACCEPTED = {
    "as in the documentation": ("spec.suspend", False),
    "a claim as source": ("spec.model.source", {"pvc": {"claimName": "models", "path": "digits/v1"}}),
    "a quantity as a number": ("spec.serving.resources", {"limits": {"cpu": 2, "memory": "1.5Gi"}}),
    "the longest name": ("metadata.name", "m" * names.NAME_LIMIT),
    "a toleration of everything": ("spec.serving.tolerations", [{"operator": "Exists"}]),
    "a node label with a prefix": ("spec.serving.nodeSelector", {"nvidia.com/gpu.product": "A100"}),
    "a GPU": ("spec.serving.gpu", {}),
    "a slice of a GPU of a kind": (
        "spec.serving.gpu",
        {"product": "NVIDIA-A100", "mig": {"profile": "1g.10gb"}, "count": 1},
    ),
    "a shared GPU of a kind": (
        "spec.serving.gpu",
        {"resourceName": "nvidia.com/gpu.shared", "product": "T4", "memory": 1},
    ),
    "any field of a pod": (
        "spec.serving.podTemplate",
        {"spec": {"later": [{"x": None}]}, "metadata": {"labels": {"a": "b"}}},
    ),
    "names for outputs": ("spec.model.outputs", ["logits"]),
    "a ladder": ("spec.build", making.LADDER),
    "a confident gate": ("spec.build.gate", {"maxDrop": {"f1": 0.02, "recall": 1}, "confidence": 0.95}),
    "a gate with the default drop": ("spec.build.gate", {"confidence": 0.9}),
    "a CPU to build for": ("spec.build.target", {"cpu": "vnni"}),
    "a GPU to build for": ("spec.build.target", {"gpu": {}}),
    "a registry": ("spec.artifact", making.REGISTRY),
    "half of the requests for a canary": (
        "spec.serving.rollout",
        {"strategy": "canary", "canary": {"steps": [{"weight": 50}]}},
    ),
    "nearly all requests for a canary, by a route": (
        "spec.serving",
        {"gateway": test_routing.GATEWAY, "rollout": {"canary": {"steps": [{"weight": 90, "duration": "1h"}]}}},
    ),
    "an Ingress of a host alone": ("spec.serving.ingress", {"host": "models.example.com"}),
    "a path with dots": ("spec.serving.ingress", {"host": "a.b", "path": "/v2/models/a.b-c_d"}),
    "a Gateway of this namespace": ("spec.serving.gateway", test_routing.GATEWAY),
    "two listeners of a Gateway, and its namesake": (
        "spec.serving.gateway",
        {
            "parentRefs": [
                {"name": "a", "sectionName": "x"},
                {"name": "a", "sectionName": "y"},
                {"name": "a", "namespace": "other"},
            ],
            "hostnames": ["a.b"],
        },
    ),
    "peers of every kind": ("spec.serving.networkPolicy", {"from": [*PEERS, {"ipBlock": {"cidr": "fd00::/8"}}]}),
    "no peers": ("spec.serving.networkPolicy", {}),
    "a queue": ("spec.build.queueName", "gpu-builds"),
    "preferred batches": ("spec.serving.batching", {"preferredBatchSize": [8, 16]}),
}
OVERLAY = "spec.serving.modelConfig"
ACCEPTED |= {
    "all that can be said of Triton": ("spec.serving", {**making.GPUS, "modelConfig": making.OVERLAY}),
    "Triton's settings, encrypted": ("spec.serving", making.TUNED),
    "no warm-up": (OVERLAY, {"model_warmup": []}),
    "an empty overlay": (OVERLAY, {}),
    "a cache in a larger container": (
        "spec.serving",
        {"responseCache": {"size": "3Gi"}, "resources": {"limits": {"memory": "4Gi"}}},
    ),
}
REFUSED = {
    "a misspelt field of Triton": (f"{OVERLAY}.dynamic_batching", {"prefered_batch_size": [4]}, "prefered_batch_size"),
    "a field of the artifact": (OVERLAY, {"backend": "python"}, 'unknown field "spec.serving.modelConfig.backend"'),
    "code by a parameter": (
        f"{OVERLAY}.parameters",
        {"EXECUTION_ENV_PATH": {"string_value": "/tmp/x.tar.gz"}},
        "bring code with spec.serving.image",
    ),
    "code by a parameter in small letters": (
        f"{OVERLAY}.parameters",
        {"triton_batch_strategy_path": {"string_value": "a.so"}},
        "bring code with spec.serving.image",
    ),
    "code by an accelerator": (
        f"{OVERLAY}.optimization.execution_accelerators.gpu_execution_accelerator",
        [{"name": "tensorrt", "parameters": {"trt_extra_plugin_lib_paths": "a.so"}}],
        "bring code with spec.serving.image",
    ),
    "a parameter with a space": (f"{OVERLAY}.parameters", {"a b": {"string_value": "1"}}, "at most 128 letters"),
    "a tag that is no label": (f"{OVERLAY}.metric_tags", {"my-team": "a"}, "a label of a metric"),
    "a default beyond the levels": (
        f"{OVERLAY}.dynamic_batching",
        {"priority_levels": 2, "default_priority_level": 3},
        "may not exceed priority_levels",
    ),
    "levels without a default": (
        f"{OVERLAY}.dynamic_batching",
        {"priority_levels": 2},
        "needs a default_priority_level",
    ),
    "a policy of no level": (f"{OVERLAY}.dynamic_batching", {"priority_queue_policy": {"1": {}}}, "by level, from '1'"),
    "a policy of a level in words": (
        f"{OVERLAY}.dynamic_batching",
        {"priority_levels": 2, "default_priority_level": 1, "priority_queue_policy": {"high": {}}},
        "by level, from '1'",
    ),
    "a batch that Triton never joins": (f"{OVERLAY}.dynamic_batching", {"preferred_batch_size": [64]}, "maxBatchSize"),
    "a warm-up beyond the batch": (
        f"{OVERLAY}.model_warmup",
        [
            {
                "name": "a",
                "batch_size": 64,
                "inputs": {"image": {"data_type": "TYPE_FP32", "dims": [1], "zero_data": True}},
            }
        ],
        "maxBatchSize",
    ),
    "a warm-up of nothing": (
        f"{OVERLAY}.model_warmup",
        [{"name": "a", "inputs": {"image": {"data_type": "TYPE_FP32", "dims": [1]}}}],
        "either zero_data",
    ),
    "GPUs that nobody has": (f"{OVERLAY}.instance_group", [{"kind": "KIND_GPU"}], "set serving.gpu"),
    "GPUs of a CPU": (
        "spec.serving",
        {"gpu": {}, "modelConfig": {"instance_group": [{"kind": "KIND_CPU", "gpus": [0]}]}},
        "KIND_CPU has no gpus",
    ),
    "a kind that guesses": (f"{OVERLAY}.instance_group", [{"kind": "KIND_AUTO"}], "Unsupported value"),
    "nobody who answers": (f"{OVERLAY}.instance_group", [{"passive": True}], "every instance_group is passive"),
    "a cache of nothing": ("spec.serving.responseCache", {"size": "1Ki"}, "at least 1Mi"),
    "a cache beyond the memory": (
        "spec.serving",
        {"responseCache": {"size": "1Gi"}, "resources": {"limits": {"memory": "1Gi"}}},
        "in the container's own memory",
    ),
    "encryption without a certificate": ("spec.serving.tls", {"clientCa": True}, "secretName"),
    "a name that leaves no room for suffixes": ("metadata.name", "m" * 41, "at most 40 characters"),
    "a name that no Service can have": ("metadata.name", "9-lives", "must begin with a letter"),
    "a name with a dot": ("metadata.name", "a.b", "must begin with a letter"),
    "a slice by two names": (
        "spec.serving.gpu",
        {"mig": {"profile": "1g.10gb"}, "resourceName": "amd.com/gpu"},
        "drop resourceName, or drop mig",
    ),
    "a slice with memory": ("spec.serving.gpu", {"mig": {"profile": "1g.10gb"}, "memory": "9Gi"}, "drop memory"),
    "several slices": ("spec.serving.gpu", {"mig": {"profile": "1g.10gb"}, "count": 2}, "raise serving.replicas"),
    "a product of another vendor": (
        "spec.serving.gpu",
        {"resourceName": "amd.com/gpu", "product": "MI300X"},
        "use serving.nodeSelector",
    ),
    "memory of another vendor": (
        "spec.serving.gpu",
        {"resourceName": "amd.com/gpu", "memory": "80G"},
        "use serving.nodeSelector",
    ),
    "a resource of Kubernetes itself": ("spec.serving.gpu.resourceName", "x.kubernetes.io/gpu", "extended resource"),
    "a resource of a quota": ("spec.serving.gpu.resourceName", "requests.nvidia.com/gpu", "extended resource"),
    "a resource with too long a name": ("spec.serving.gpu.resourceName", f"a.b/{'n' * 64}", "at most 63 characters"),
    "a GPU without memory": ("spec.serving.gpu.memory", "0", "drop it where any will do"),
    "a profile that is none": ("spec.serving.gpu.mig", {"profile": "half"}, "should match"),
    "no shared memory": ("spec.serving.shmSize", 0, "leave shmSize out"),
    "a name for pods": ("spec.serving.podTemplate", {"metadata": {"name": "x"}}, "unknown field"),
    "no source": ("spec.model.source", {}, "exactly one source"),
    "two sources": ("spec.model.source", {"configMap": {"name": "a"}, "pvc": {"claimName": "b"}}, "exactly one source"),
    "a candidate twice": ("spec.build.candidates", ["none", "none"], "list each candidate once"),
    "a candidate of a later version": ("spec.build.candidates", ["int4"], "Unsupported value"),
    "a lossy candidate without a proof": ("spec.build", {"candidates": ["fp16", "none"]}, "name held-back samples"),
    "int8 without calibration data": ("spec.build.candidates", ["int8Static"], "takes its ranges from data"),
    "the same file chooses and judges": (
        "spec.build",
        {**making.LADDER, "calibration": {"data": {"file": "test.npz"}}},
        "may not be the same file",
    ),
    "no target": ("spec.build.target", {}, "exactly one target"),
    "two targets": ("spec.build.target", {"cpu": "portable", "gpu": {}}, "exactly one target"),
    "a target of a later version": ("spec.build.target", {"cpu": "avx9"}, "Unsupported value"),
    "a field of a GPU of a later version": ("spec.build.target", {"gpu": {"architecture": "90"}}, "unknown field"),
    "a gate that limits nothing": ("spec.build.gate", {"maxDrop": {}}, "limit at least one metric"),
    "a drop that no samples can prove": ("spec.build.gate", {"maxDrop": {"accuracy": 0}}, "a drop of 0"),
    "a drop that hardly any could": (
        "spec.build.gate",
        {"maxDrop": {"f1": 0.00001}},
        "greater than or equal to 0.0001",
    ),
    "a drop in points": ("spec.build.gate", {"maxDrop": {"accuracy": 1.5}}, "less than or equal to 1"),
    "certainty": ("spec.build.gate", {"confidence": 1}, "confidence in body should be less than or equal"),
    "no confidence at all": ("spec.build.gate", {"confidence": 0}, "from 0.5 to 0.999"),
    "a way to select of a later version": ("spec.build.selection", "best", "Unsupported value"),
    "a registry without a repository": ("spec.artifact", {"store": "oci"}, "write both store: oci and oci"),
    "a repository for a claim": ("spec.artifact", {"oci": {"repository": "a/b"}}, "write both store: oci and oci"),
    "a repository with a tag": (
        "spec.artifact",
        {"store": "oci", "oci": {"repository": "reg.example/models:1"}},
        "should match",
    ),
    "no candidate": ("spec.build.candidates", [], "at least 1 item"),
    "two outputs of a name": ("spec.model.outputs", ["a", "a"], "a name of its own"),
    "an output named as an input": ("spec.model.outputs", ["image"], "name of an input"),
    "two inputs of a name": ("spec.model.inputs", [ANY_TENSOR, ANY_TENSOR], "Duplicate value"),
    "an axis without room": ("spec.model.inputs", [{**ANY_TENSOR, "shape": [-1, 0]}], "may have size 0"),
    "a way out of the source": ("spec.model.weights", "../secret", "should match"),
    "a preferred batch that is never reached": (
        "spec.serving.batching",
        {"maxBatchSize": 4, "preferredBatchSize": [8]},
        "may exceed maxBatchSize",
    ),
    "a label key that is none": ("spec.serving.nodeSelector", {"-x": "y"}, "name of a label"),
    "a label value that is none": ("spec.serving.nodeSelector", {"x": "a b"}, "should match"),
    "a label key with a prefix that is none": ("spec.serving.nodeSelector", {"a..b/x": "y"}, "name of a label"),
    "a toleration of a taint that no node has": (
        "spec.serving.tolerations",
        [{"key": "a b", "operator": "Exists"}],
        "should match",
    ),
    "a claim without room": ("spec.artifact.size", 0, "cannot have size 0"),
    "a claim without room, in words": ("spec.artifact.size", "0Gi", "cannot have size 0"),
    "an image with a space of another kind": ("spec.serving.image", "reg/triton\u00a0:1", "should match"),
    "a toleration with a value for nothing": (
        "spec.serving.tolerations",
        [{"key": "a", "operator": "Exists", "value": "x"}],
        "has no value",
    ),
    "a toleration without a key": ("spec.serving.tolerations", [{"value": "x"}], "needs operator Exists"),
    "seconds without NoExecute": (
        "spec.serving.tolerations",
        [{"key": "a", "tolerationSeconds": 3}],
        "needs effect NoExecute",
    ),
    "a quantity that is none": ("spec.serving.resources", {"limits": {"cpu": "much"}}, "should match"),
    "a timeout without a unit": ("spec.build.timeout", "90", "should match"),
    "a misspelt field": ("spec.serving.replica", 2, "unknown field"),
    "a host with a wildcard": ("spec.serving.ingress", {"host": "*.example.com"}, "should match"),
    "a host that is an address": ("spec.serving.ingress", {"host": "10.0.0.1"}, "a host is a name, and no address"),
    "a path with a slash at its end": ("spec.serving.ingress", {"host": "a.b", "path": "/a/"}, "should match"),
    "a way out of a path": ("spec.serving.ingress", {"host": "a.b", "path": "/a/../b"}, "should match"),
    "an annotation that is ours": (
        "spec.serving.ingress",
        {"host": "a.b", "annotations": {names.APPLIED: "x"}},
        "are the operator's own",
    ),
    "an annotation that is none": (
        "spec.serving.ingress",
        {"host": "a.b", "annotations": {"-": "x"}},
        "name of an anno",
    ),
    "a Gateway without a name to be reached by": (
        "spec.serving.gateway",
        {"parentRefs": [{"name": "public"}], "hostnames": []},
        "at least 1 item",
    ),
    "one name for two kinds of route": (
        "spec.serving.gateway",
        {"parentRefs": [{"name": "public"}], "hostnames": ["a.b"], "grpcHostnames": ["a.b"]},
        "either in hostnames or in grpcHostnames",
    ),
    "a name twice": (
        "spec.serving.gateway",
        {"parentRefs": [{"name": "public"}], "hostnames": ["a.b", "a.b"]},
        "Duplicate value",
    ),
    "a Gateway twice": (
        "spec.serving.gateway",
        {"parentRefs": [{"name": "a"}, {"name": "a", "sectionName": "x"}], "hostnames": ["a.b"]},
        "name each Gateway once",
    ),
    "a peer that is nobody": ("spec.serving.networkPolicy", {"from": [{}]}, "a peer is either"),
    "a peer of two kinds": (
        "spec.serving.networkPolicy",
        {"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]},
        "a peer is either",
    ),
    "a block that is none": (
        "spec.serving.networkPolicy",
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/64"}}]},
        "must be a block of addresses",
    ),
    "an exception outside of its block": (
        "spec.serving.networkPolicy",
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]},
        "must lie within cidr",
    ),
    "a selector without values": (
        "spec.serving.networkPolicy",
        {"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]},
        "In and NotIn need values",
    ),
    "a queue that no label can name": ("spec.build.queueName", "A queue", "should match"),
    "a metric twice": (
        "spec.build.evaluation",
        {"data": {"file": "a.npz"}, "metrics": ["f1", "f1"]},
        "Duplicate value",
    ),
}


@pytest.mark.parametrize(("path", "value"), ACCEPTED.values(), ids=ACCEPTED)
def test_the_api_server_accepts_what_our_types_understand(namespace, path, value):
    stored = dry_run(namespace, kinds.MODEL_DEPLOYMENT, changed(path, value))
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, stored)
    assert spec, problem


@pytest.mark.parametrize(("path", "value", "words"), REFUSED.values(), ids=REFUSED)
def test_the_api_server_refuses_with_words_that_help(namespace, path, value, words):
    with pytest.raises(clusters.Refused, match=words):
        dry_run(namespace, kinds.MODEL_DEPLOYMENT, changed(path, value))


def test_the_stored_object_shows_its_defaults(namespace):
    made = making.model_deployment()
    del made["spec"]["build"]
    stored = dry_run(namespace, kinds.MODEL_DEPLOYMENT, made)
    assert stored["spec"]["build"] == {"candidates": ["none"], "selection": "first", "timeout": "1h"}
    claim = {"store": "pvc", "claimName": names.ARTIFACT_CLAIM, "size": "10Gi"}
    assert stored["spec"]["artifact"] == {**claim, "historyLimit": 10}
    assert stored["spec"]["serving"] == {
        "replicas": 1,
        "batching": {"maxBatchSize": 32, "maxQueueDelayMicroseconds": 0},
        "instances": {"count": 1},
        "rollout": {"strategy": "auto"},
        "shmSize": "256Mi",
    }


def test_a_build_keeps_what_it_was_asked_and_may_be_run_in_another_way(namespace):
    world = making.world()
    world.reconcile()
    wanted = world.find(kinds.MODEL_BUILD)
    made = namespace.create(kinds.MODEL_BUILD, {"metadata": {"name": "build-x"}, "spec": wanted["spec"]})
    spec, problem = parsing.spec(build.ModelBuildSpec, made)
    assert spec, problem
    namespace.patch(kinds.MODEL_BUILD, "build-x", {"spec": {"execution": {"timeout": "2h"}}})
    for part, change in (
        ("request", {"model": {"weights": "other.pt"}}),
        ("store", {"claimName": "other"}),
        ("images", {"builder": "other"}),
        ("source", {"configMap": {"name": "other"}}),
    ):
        with pytest.raises(clusters.Refused, match=f"{part} cannot change"):
            namespace.patch(kinds.MODEL_BUILD, "build-x", {"spec": {part: change}})


def test_a_build_has_one_store(namespace):
    world = making.world(artifact=making.REGISTRY)
    world.reconcile()
    spec = copy.deepcopy(world.find(kinds.MODEL_BUILD)["spec"])
    dry_run(namespace, kinds.MODEL_BUILD, manifest := build_manifest(spec))
    manifest["spec"]["store"]["claimName"] = "models"
    with pytest.raises(clusters.Refused, match="either a claim or a repository"):
        dry_run(namespace, kinds.MODEL_BUILD, manifest)


def build_manifest(spec):
    return {"apiVersion": names.API_VERSION, "kind": names.BUILD_KIND, "metadata": {"name": "build-z"}, "spec": spec}


def test_a_status_as_we_write_it_is_stored_whole(namespace):
    world = deployment_rows.fallen()
    status = world.reconcile()
    namespace.create(kinds.MODEL_DEPLOYMENT, {"metadata": {"name": "digits"}, "spec": making.spec()})
    stored = namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"status": status}, "status")
    assert stored["status"] == status
    build = world.find(kinds.MODEL_BUILD)
    namespace.create(kinds.MODEL_BUILD, {"metadata": {"name": "build-y"}, "spec": build["spec"]})
    stored = namespace.patch(kinds.MODEL_BUILD, "build-y", {"status": build["status"]}, "status")
    assert stored["status"] == build["status"]


@pytest.mark.parametrize("name", test_golden.RENDERED)
def test_the_api_server_keeps_our_manifests_as_they_are(namespace, name):
    """Strictly valid, and spelt as the server spells: else each look would find a difference, and write."""
    wanted = copy.deepcopy(test_golden.RENDERED[name])
    wanted["metadata"]["namespace"] = namespace.name
    assert worlds.contains(dry_run(namespace, kinds.of_manifest(wanted), wanted), wanted)


def test_the_api_server_admits_our_pods_where_pods_are_restricted(namespace):
    restricted = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    path = connecting.path(clusters.NAMESPACE, None, namespace.name)
    namespace.cluster.call("PATCH", path, restricted, "application/merge-patch+json")
    clusters.until(lambda: namespace.find(clusters.SERVICE_ACCOUNT, "default"), "pods can be made")
    for name, pod in test_pods.PODS.items():
        spec = {key: value for key, value in pod.items() if key not in {"priorityClassName", "runtimeClassName"}}
        made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
        assert dry_run(namespace, kinds.POD, made), name
