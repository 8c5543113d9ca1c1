"""GPUs of several kinds on nodes that are pretended: who gets one, and what is said to who gets none."""

import pytest

import registries
from cluster import layout
from e2e import fakenodes, manifests, smallmodels, waiting

#: A claim of this cluster is on the real node, and would have a say in where servers run.
ARTIFACT = {"store": "oci", "oci": {"repository": f"{layout.STORE}/team/placed", "plainHttp": True}}
A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB", "nvidia.com/gpu.memory": "81920"}
L4 = {"nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.memory": "23034"}
NODES = {
    "pretended-a100": ({"nvidia.com/gpu": "1"}, A100),
    "pretended-l4": ({"nvidia.com/gpu": "1"}, L4),
    "pretended-mig": ({"nvidia.com/mig-1g.5gb": "7"}, {"nvidia.com/mig.strategy": "mixed"}),
}


@pytest.fixture(scope="module")
def home(namespace, tmp_path_factory):
    """A namespace with a model, whose artifacts go to a registry; and the nodes."""
    address, _, port = layout.STORE.partition(":")
    with (
        registries.running(tmp_path_factory.mktemp("registry"), address=address, port=int(port)),
        fakenodes.beside(NODES, namespace),
    ):
        namespace.apply(manifests.config_map("small", smallmodels.files(1)))
        yield namespace


@pytest.fixture
def deploy(home):
    """`deploy(name, gpu)`: a ModelDeployment that may come to the pretended nodes; gone when the test ends."""
    made = []

    def make(name, **serving):
        made.append(name)
        serving |= {"tolerations": [fakenodes.TOLERATION]}
        parts = {"serving": serving, "artifact": ARTIFACT, "build": {"target": {"gpu": {}}}}
        home.apply(manifests.model_deployment(name, manifests.from_config_map("small"), **parts))

    yield make
    home.delete("mdep", *made)
    for pod in home.list("pods", f"modelsmith.dev/deployment in ({','.join(made)})"):
        # Nobody there would end it.
        home.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--ignore-not-found")


def node_of(home, name):
    def probe():
        pods = home.list("pods", f"modelsmith.dev/deployment={name}")
        return next((pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")), None)

    return waiting.until(f"{name} has a node", probe, 120, home)


def refusal(home, name, words):
    """What Ready says of who gets no node, once these words are in it."""

    def probe():
        said = waiting.current(home.get("mdep", name)).get("Ready", {})
        return said["message"] if said.get("reason") == "Unschedulable" and words in said["message"] else None

    return waiting.until(f"{name} is told {words!r}", probe, 180, home)


@pytest.mark.parametrize(
    ("gpu", "node"),
    [
        ({"product": "NVIDIA-L4"}, "pretended-l4"),
        ({"memory": "80G"}, "pretended-a100"),
        ({"mig": {"profile": "1g.5gb"}}, "pretended-mig"),
    ],
    ids=["product", "memory", "mig"],
)
def test_a_server_goes_where_its_gpu_is(home, deploy, gpu, node, request):
    name = f"placed-{request.node.callspec.id}"
    deploy(name, gpu=gpu)
    assert node_of(home, name) == node


def test_a_product_that_no_node_has_is_told_node_by_node(home, deploy):
    deploy("placed-h100", gpu={"product": "NVIDIA-H100"})
    said = refusal(home, "placed-h100", "not NVIDIA-H100")
    assert "pretended-l4 has nvidia.com/gpu.product NVIDIA-L4, not NVIDIA-H100" in said


def test_a_profile_that_no_node_has_is_told_with_what_there_is(home, deploy):
    deploy("placed-slice", gpu={"mig": {"profile": "1g.10gb"}})
    refusal(home, "placed-slice", "lacks nvidia.com/mig-1g.10gb (offers nvidia.com/mig-1g.5gb)")


def test_all_taken_is_told(home, deploy):
    for name in ("placed-first", "placed-second"):
        deploy(name, gpu={"product": "NVIDIA-A100-SXM4-80GB"})
        if name == "placed-first":
            assert node_of(home, name) == "pretended-a100"
    refusal(home, "placed-second", "has no free nvidia.com/gpu (1 allocatable, all taken)")


def test_a_claim_passes_through(home, deploy):
    claim = {"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}]}
    triton = {"name": "triton", "resources": {"claims": [{"name": "gpu"}]}}
    deploy("placed-claim", podTemplate={"spec": {**claim, "containers": [triton]}})

    def probe():
        pods = home.list("pods", "modelsmith.dev/deployment=placed-claim")
        return pods and pods[0]["spec"].get("resourceClaims")

    assert waiting.until("its pod has the claim", probe, 120, home) == claim["resourceClaims"]
