"""The operator is installed otherwise, and taken away: what serves goes on, and what is deleted goes."""

import pytest

from e2e import installing, kube, lanes, locked, manifests, predicting, smallmodels, waiting
from model_operator import names

#: It changes the operator's settings, and uninstalls it.
pytestmark = lanes.ALONE


@pytest.fixture(scope="module")
def stocked(namespace, tmp_path_factory):
    """The namespace, with the model and the registry's password."""
    with locked.registry(tmp_path_factory.mktemp("registry")):
        namespace.apply(manifests.config_map("small", smallmodels.files(1)), locked.secret())
        yield namespace


@pytest.fixture(scope="module")
def served(stocked):
    """One whose artifact the node mounts."""
    stocked.apply(locked.model("mounted"))
    return waiting.ready(stocked, "mounted")


def test_where_there_are_no_image_volumes_an_init_container_pulls(stocked, served):
    before = {pod["metadata"]["uid"] for pod in locked.servers(stocked, "mounted")}
    installing.change(imageVolumes="never")
    try:
        stocked.apply(locked.model("fetched"))
        waiting.ready(stocked, "fetched")
        (pod,) = locked.servers(stocked, "fetched")
        assert pod["spec"]["initContainers"][0]["name"] == "fetch"
        assert not any("image" in volume for volume in pod["spec"]["volumes"])
        assert predicting.mark(stocked, "fetched") == 1
    finally:
        installing.change(imageVolumes="auto")
    assert {pod["metadata"]["uid"] for pod in locked.servers(stocked, "mounted")} == before


@pytest.fixture(scope="module")
def uninstalled(stocked, images):
    """Two that serve, and no operator: name -> uid of its pod."""
    stocked.apply(
        locked.model("held", reclaimPolicy="Delete"),
        manifests.model_deployment("live", manifests.from_config_map("small")),
    )
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
