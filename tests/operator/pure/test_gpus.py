"""GPUs as they are asked for: the resource, what contradicts itself, and the memory that a server shares."""

import pytest
from pure import making, worlds

from model_operator import kinds
from model_operator.api import deployment, parsing


def problem(**gpu):
    return parsing.spec(deployment.ModelDeploymentSpec, {"spec": making.spec(serving={"gpu": gpu})})[1]


def triton(**serving):
    """The server's container."""
    world = making.serving(serving=serving)
    return world.find(kinds.DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("gpu", "resource", "count"),
    [
        ({}, "nvidia.com/gpu", "1"),
        ({"count": 4}, "nvidia.com/gpu", "4"),
        ({"mig": {"profile": "1g.10gb"}}, "nvidia.com/mig-1g.10gb", "1"),
        ({"mig": {"profile": "1g.10gb+me"}}, "nvidia.com/mig-1g.10gb.me", "1"),
        ({"resourceName": "amd.com/gpu", "count": 2}, "amd.com/gpu", "2"),
        ({"resourceName": "nvidia.com/gpu.shared"}, "nvidia.com/gpu.shared", "1"),
    ],
)
def test_the_resource_that_is_asked_of_a_node(gpu, resource, count):
    resources = triton(gpu=gpu)["resources"]
    assert resources["limits"][resource] == resources["requests"][resource] == count
    assert [name for name in resources["limits"] if "/" in name] == [resource]


@pytest.mark.parametrize(
    ("gpu", "words"),
    [
        ({"mig": {"profile": "1g.10gb"}, "resourceName": "amd.com/gpu"}, "drop resourceName"),
        ({"mig": {"profile": "1g.10gb"}, "memory": "10Gi"}, "drop memory"),
        ({"mig": {"profile": "1g.10gb"}, "count": 2}, "serving.replicas"),
        ({"resourceName": "amd.com/gpu", "product": "MI300X"}, "serving.nodeSelector"),
        ({"resourceName": "amd.com/gpu", "memory": "80Gi"}, "serving.nodeSelector"),
        ({"mig": {"profile": "half"}}, "spec.serving.gpu.mig.profile"),
        ({"resourceName": "gpu"}, "spec.serving.gpu.resourceName"),
    ],
)
def test_a_contradiction_is_named_by_its_field(gpu, words):
    told = problem(**gpu)
    assert told.startswith("spec.serving.gpu")
    assert words in told


@pytest.mark.parametrize(
    "gpu",
    [
        {"product": "NVIDIA-A100-SXM4-80GB", "memory": "79Gi", "count": 8},
        {"mig": {"profile": "1c.3g.40gb"}, "product": "NVIDIA-A100-SXM4-80GB"},
        {"resourceName": "nvidia.com/gpu.shared", "product": "Tesla-T4-SHARED"},
    ],
)
def test_what_goes_together(gpu):
    assert problem(**gpu) == ""


@pytest.mark.parametrize(
    ("resource", "gpu", "field"),
    [
        ("nvidia.com/gpu", None, "count"),
        ("nvidia.com/gpu.shared", None, "count"),
        ("nvidia.com/mig-1g.5gb", {"count": 1}, "mig.profile"),
        ("amd.com/gpu", None, "count"),
        ("gpu.intel.com/i915", None, "count"),
        ("example.com/gpu", {"resourceName": "example.com/gpu"}, "count"),
    ],
)
@pytest.mark.parametrize("kind", ["limits", "requests"])
def test_a_gpu_among_the_resources_is_sent_to_its_field(resource, gpu, field, kind):
    world = making.world(serving={"resources": {kind: {resource: 1}}, **({"gpu": gpu} if gpu else {})})
    told = worlds.condition(world.reconcile(), "Ready")
    assert told["reason"] == "GpuOutsideField"
    assert f"spec.serving.resources.{kind} names {resource};" in told["message"]
    assert f"spec.serving.gpu.{field}" in told["message"]


def test_another_device_is_no_gpu():
    assert triton(resources={"limits": {"example.com/fpga": 1}})["resources"]["limits"]["example.com/fpga"] == "1"


@pytest.mark.parametrize(
    ("serving", "limit"),
    [
        ({}, "2Gi"),
        ({"shmSize": "64Mi"}, "2Gi"),
        ({"shmSize": "1Gi"}, "2816Mi"),
        ({"shmSize": "1Gi", "resources": {"requests": {"memory": "8Gi"}}}, "8Gi"),
        ({"shmSize": "1Gi", "resources": {"limits": {"memory": "4Gi"}}}, "4Gi"),
    ],
)
def test_the_default_memory_limit_has_room_for_more_shared_memory(serving, limit):
    assert triton(**serving)["resources"]["limits"]["memory"] == limit


@pytest.mark.parametrize(("shm", "refused"), [("1Gi", True), ("1024Mi", True), ("2Gi", True), ("1023Mi", False)])
def test_shared_memory_leaves_the_server_some_of_its_own(shm, refused):
    world = making.world(serving={"shmSize": shm, "resources": {"limits": {"memory": "1Gi"}}})
    told = worlds.condition(world.reconcile(), "Ready")
    assert (told["reason"] == "SharedMemoryTooLarge") is refused
    if refused:
        assert f"spec.serving.shmSize is {shm}" in told["message"]
        assert "spec.serving.resources.limits.memory" in told["message"]


@pytest.mark.parametrize("shm", [{}, {"shmSize": "256Mi"}, {"shmSize": "64Mi"}])
def test_a_small_server_is_not_refused_for_the_default(shm):
    assert triton(resources={"limits": {"memory": "128Mi"}}, **shm)["resources"]["limits"]["memory"] == "128Mi"
