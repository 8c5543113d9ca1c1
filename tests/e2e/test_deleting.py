"""How things end: artifacts of a registry that go along, an operator that is gone, a namespace that does not hang."""

import pytest

import registries
from cluster import layout
from e2e import installing, kube, lanes, manifests, predicting, smallmodels, waiting
from model_builder.publishing import oci
from model_operator import names
from model_serving.registries import connecting

#: It uninstalls the operator.
pytestmark = lanes.ALONE

REPOSITORY = f"{layout.STORE}/team/deleted"
SOURCE = manifests.from_config_map("small")


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry with a password, which is known here too."""
    address, _, port = layout.STORE.partition(":")
    folder = tmp_path_factory.mktemp("registry")
    locked = registries.running(folder, address=address, port=int(port), password=True)
    with locked as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_CONFIG", str(registries.docker_config(folder / "client", layout.STORE)))
        yield running


@pytest.fixture(scope="module")
def stocked(namespace, registry):
    """The namespace, with the model and the registry's password."""
    return stock(namespace)


def stock(namespace: kube.Namespace) -> kube.Namespace:
    namespace.apply(manifests.config_map("small", smallmodels.files(1)), secret())
    return namespace


def secret() -> kube.Manifest:
    content = {".dockerconfigjson": registries.credentials(layout.STORE)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "registry"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": content,
    }


def model(name: str, push: str = "registry") -> kube.Manifest:
    """The small model, whose artifact goes with it."""
    store = {"repository": REPOSITORY, "pushSecretName": push, "pullSecretName": "registry", "plainHttp": True}
    asked = {"store": "oci", "oci": store, "reclaimPolicy": "Delete"}
    return manifests.model_deployment(name, SOURCE, artifact=asked)


def pushed(resource: kube.Manifest) -> bool:
    """The registry has the artifact of this ModelDeployment."""
    tag = oci.tag("artifact", resource["status"]["artifact"]["digest"])
    return connecting.Repository(REPOSITORY, plain_http=True).resolve(tag) is not None


def test_its_artifact_goes_with_it(stocked):
    stocked.apply(model("leaving"))
    found = waiting.ready(stocked, "leaving")
    assert found["metadata"]["finalizers"] == [names.FINALIZER]
    assert pushed(found)
    stocked.delete("mdep", "leaving")
    assert not pushed(found)


def test_what_a_sibling_serves_stays(stocked):
    stocked.apply(model("one"), model("other"))
    found = [waiting.ready(stocked, name) for name in ("one", "other")]
    stocked.delete("mdep", "one")
    assert pushed(found[1])
    assert predicting.mark(stocked, "other") == 1
    stocked.delete("mdep", "other")
    assert not pushed(found[1])


def test_one_whose_password_is_gone_is_let_go_by_the_annotation(stocked):
    stocked.apply(model("shut"))
    found = waiting.ready(stocked, "shut")
    stocked.delete("secret", "registry")
    stocked.delete("mdep", "shut", wait=False)
    waiting.until("it waits", lambda: "deletionTimestamp" in stocked.get("mdep", "shut")["metadata"], 30, stocked)
    stocked.annotate("mdep", "shut", names.ABANDON, "true")
    waiting.gone(stocked, "mdep", "shut", 30)
    assert pushed(found)
    stocked.apply(secret())


def test_a_namespace_with_one_ends(stocked):
    ending = stock(installing.fresh_namespace("e2e-ending"))
    ending.apply(model("inside"))
    waiting.ready(ending, "inside")
    installing.drop_namespace(ending.name)


@pytest.fixture(scope="module")
def uninstalled(stocked, images):
    """Two that serve, and no operator: name -> uid of its pod."""
    stocked.apply(model("held"), manifests.model_deployment("live", SOURCE))
    for name in ("held", "live"):
        waiting.ready(stocked, name)
    before = {name: uids(stocked, name) for name in ("held", "live")}
    installing.helm("uninstall", installing.RELEASE, "--wait", "--timeout", "120s")
    yield before
    installing.install(images)


def uids(namespace: kube.Namespace, name: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in namespace.list("pods", f"{names.DEPLOYMENT_LABEL}={name}")}


def test_after_helm_uninstall_what_serves_goes_on(stocked, uninstalled):
    assert [predicting.mark(stocked, name) for name in ("held", "live")] == [1, 1]
    assert {name: uids(stocked, name) for name in ("held", "live")} == uninstalled


def test_without_an_operator_one_that_waits_for_nothing_is_deleted_with_all_its_children(stocked, uninstalled):
    stocked.delete("mdep", "live")
    waiting.gone(stocked, "deployment", "live")


def test_without_an_operator_one_that_waits_is_let_go_by_hand(stocked, uninstalled):
    stocked.delete("mdep", "held", wait=False)
    assert stocked.find("mdep", "held")
    stocked.patch("mdep", "held", {"metadata": {"finalizers": None}})
    waiting.gone(stocked, "mdep", "held", 30)
    waiting.gone(stocked, "deployment", "held")
