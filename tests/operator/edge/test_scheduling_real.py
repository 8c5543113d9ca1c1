"""A real scheduler and nodes of several kinds: who gets a GPU, and what is said to who gets none.

Nothing runs: nodes only say what they offer. The operator has the rights of the chart, and no others.
"""

import contextlib
import zlib

import pytest
from edge import clusters, fakenodes, kubelet, processes, resources

from cluster import controlplane
from model_operator import kinds, names

REPOSITORY = "registry.test/team/models"
SLICE = "nvidia.com/mig-1g.5gb"
A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.memory": "81920"}
L4 = {"nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.memory": "23034"}
SINGLE = {
    "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb",
    "nvidia.com/gpu.memory": "9728",
    "nvidia.com/mig.strategy": "single",
}
TAINT = {"key": "dedicated", "value": "research", "effect": "NoSchedule"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A control plane of this file's own: elsewhere no scheduler may meddle."""
    directory = tmp_path_factory.mktemp("scheduled")
    with controlplane.ControlPlane(directory, controller_manager=True, scheduler=True) as plane:
        made = clusters.Cluster.of_kubeconfig(plane.kubeconfig)
        made.install()
        yield made


@pytest.fixture(scope="module")
def nodes(cluster):
    with fakenodes.Nodes(cluster) as made:
        made.add("cpu", {}, {})
        made.add("big", {"nvidia.com/gpu": "1"}, A100)
        made.add("small", {"nvidia.com/gpu": "2"}, L4)
        made.add("mixed", {SLICE: "7"}, {"nvidia.com/mig.strategy": "mixed"})
        made.add("single", {"nvidia.com/gpu": "7"}, SINGLE)
        made.add("reserved", {"nvidia.com/gpu": "8"}, A100, [TAINT])
        yield made


@pytest.fixture(scope="module")
def home(cluster, nodes, tmp_path_factory):
    """A namespace in which the model is built for GPUs, and an operator that serves it."""
    operator = processes.Operator(cluster, tmp_path_factory.mktemp("operator"))
    operator.start()
    made = cluster.namespace()
    resources.provide_source(made)
    deploy(made, "keeper", replicas=0)
    reference = f"{REPOSITORY}@sha256:{'d' * 64}"
    kubelet.end_build(resources.only_job(made), made, kubelet.published(reference=reference))
    resources.until_reason(made, "keeper", "ScaledToZero")
    yield made
    operator.stop()


def deploy(home, name, **serving):
    artifact = {"store": "oci", "oci": {"repository": REPOSITORY}}  # no claim has a say in where it runs
    resources.deploy(home, name, {**resources.spec(**serving), "build": {"target": {"gpu": {}}}, "artifact": artifact})


def pod(home, name):
    """Its one server."""
    return clusters.until(lambda: home.only(kinds.POD, f"{names.DEPLOYMENT_LABEL}={name}"), f"{name} has a pod")


def node_of(home, name):
    return clusters.until(lambda: pod(home, name)["spec"].get("nodeName"), f"{name} has a node")


def refusal(home, name):
    """What Ready says of who gets no node."""
    found = resources.until_reason(home, name, "Unschedulable")
    return resources.condition(found, "Ready")["message"]


@pytest.fixture
def name(home, request):
    """Of a ModelDeployment that is gone, pods and all, when the test ends."""
    made = f"t-{zlib.crc32(request.node.name.encode())}"
    yield made
    home.delete(kinds.MODEL_DEPLOYMENT, made)
    clusters.until(lambda: not mine(home, made), f"{made} has no pods")


def mine(home, name):
    """Its pods. One that has a node waits for a kubelet to end it, and there is none."""
    found = home.list(kinds.POD, f"{names.DEPLOYMENT_LABEL}={name}")
    for one in found:
        if "deletionTimestamp" in one["metadata"]:
            with contextlib.suppress(clusters.Refused):  # it has just gone
                home.cluster.call("DELETE", f"{home.path(kinds.POD, one['metadata']['name'])}?gracePeriodSeconds=0")
    return found


@pytest.mark.parametrize(
    ("gpu", "node"),
    [
        ({"product": A100["nvidia.com/gpu.product"]}, "big"),
        ({"memory": "80G"}, "big"),
        ({"product": "NVIDIA-L4", "count": 2}, "small"),
        ({"mig": {"profile": "1g.5gb"}}, "mixed"),
        ({"product": SINGLE["nvidia.com/gpu.product"]}, "single"),
    ],
    ids=["product", "memory", "count", "mig", "single"],
)
def test_a_server_goes_where_its_gpu_is(home, name, gpu, node):
    deploy(home, name, gpu=gpu)
    assert node_of(home, name) == node


def test_a_product_that_no_node_has(home, name):
    deploy(home, name, gpu={"product": "NVIDIA-H100"})
    said = refusal(home, name)
    assert "big has nvidia.com/gpu.product NVIDIA-A100-SXM4-80GB, not NVIDIA-H100" in said
    assert "small has nvidia.com/gpu.product NVIDIA-L4, not NVIDIA-H100" in said
    assert said.endswith("and 1 more node; make room on a node, add one, or ask for less in spec.serving")


def test_more_memory_than_any_node_has(home, name):
    deploy(home, name, gpu={"memory": "200Gi"})
    assert "small has GPUs of 23034 MiB, and 204800 are asked for" in refusal(home, name)


def test_a_profile_that_no_node_has(home, name):
    deploy(home, name, gpu={"mig": {"profile": "1g.10gb"}})
    said = refusal(home, name)
    assert "mixed lacks nvidia.com/mig-1g.10gb (offers nvidia.com/mig-1g.5gb)" in said
    assert "single has the MIG strategy single" in said
    assert "gpu.product: NVIDIA-A100-SXM4-80GB-MIG-1g.10gb" in said


def test_all_gpus_taken_and_freed(home, name, nodes):
    product = A100["nvidia.com/gpu.product"]
    deploy(home, name, gpu={"product": product})
    assert node_of(home, name) == "big"
    deploy(home, "late", gpu={"product": product})
    said = refusal(home, "late")
    assert "big has no free nvidia.com/gpu (1 allocatable, all taken)" in said
    assert "reserved has the taint dedicated=research:NoSchedule, which is not tolerated" in said
    nodes.patch("reserved", {"spec": {"taints": []}})
    try:
        assert node_of(home, "late") == "reserved"
    finally:
        nodes.patch("reserved", {"spec": {"taints": [TAINT]}})
        home.delete(kinds.MODEL_DEPLOYMENT, "late")
        clusters.until(lambda: not mine(home, "late"), "late has no pods")


def test_a_cordoned_node_is_told(home, name, nodes):
    nodes.patch("mixed", {"spec": {"unschedulable": True}})
    try:
        deploy(home, name, gpu={"mig": {"profile": "1g.5gb"}})
        # What nodes offer is believed for half a minute; then they are looked at again.
        clusters.until(lambda: "mixed is cordoned" in refusal(home, name), "the node is told of", 120)
    finally:
        nodes.patch("mixed", {"spec": {"unschedulable": False}})


def test_a_claim_passes_through(home, name):
    template = {
        "spec": {
            "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}],
            "containers": [{"name": "triton", "resources": {"claims": [{"name": "gpu"}]}}],
        }
    }
    deploy(home, name, podTemplate=template)
    spec = pod(home, name)["spec"]
    assert spec["resourceClaims"] == template["spec"]["resourceClaims"]
    [triton] = [one for one in spec["containers"] if one["name"] == names.TRITON]
    assert triton["resources"]["claims"] == [{"name": "gpu"}]
