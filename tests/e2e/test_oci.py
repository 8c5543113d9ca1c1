"""Artifacts in a registry with passwords: pushed by builds, then mounted by nodes or pulled by an init container."""

import pytest

import registries
from cluster import layout
from e2e import installing, lanes, manifests, predicting, smallmodels, waiting
from model_operator import names

#: It changes the operator's settings.
pytestmark = lanes.ALONE

REPOSITORY = f"{layout.STORE}/team/models"
SOURCE = manifests.from_config_map("small")


@pytest.fixture(scope="module")
def registry(namespace, tmp_path_factory):
    """The registry, and Secrets with its password: `registry` has the right one, `mistyped` another."""
    address, _, port = layout.STORE.partition(":")
    folder = tmp_path_factory.mktemp("registry")
    with registries.running(folder, address=address, port=int(port), password=True) as running:
        namespace.apply(
            manifests.config_map("small", smallmodels.files(1)),
            secret("registry", registries.PASSWORD),
            secret("mistyped", "wrong password"),
        )
        yield running


@pytest.fixture(scope="module")
def served(namespace, registry):
    namespace.apply(model("mounted"))
    return waiting.ready(namespace, "mounted")


def test_a_model_in_a_registry_is_served(namespace, served):
    assert predicting.mark(namespace, "mounted") == 1


def test_the_status_names_the_image_by_digest(served):
    assert served["status"]["artifact"]["uri"].startswith(f"oci://{REPOSITORY}@sha256:")


def test_nothing_is_kept_on_a_claim(namespace, served):
    assert namespace.list("pvc") == []


def test_the_node_mounts_the_image(namespace, served):
    (pod,) = servers(namespace, "mounted")
    (volume,) = [volume for volume in pod["spec"]["volumes"] if "image" in volume]
    assert f"oci://{volume['image']['reference']}" == served["status"]["artifact"]["uri"]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_asked_again_the_registry_answers_without_a_build(namespace, served):
    namespace.annotate("mdep", "mounted", names.REQUESTED_AT, "again")
    found = waiting.until("cacheHit", lambda: hit(namespace, "mounted"), 120, namespace)
    assert found["artifact"]["digest"] == served["status"]["artifact"]["digest"]
    assert found["artifact"]["uri"] == served["status"]["artifact"]["uri"]


def test_where_there_are_no_image_volumes_an_init_container_pulls(namespace, served):
    before = {pod["metadata"]["uid"] for pod in servers(namespace, "mounted")}
    installing.change(imageVolumes="never")
    try:
        namespace.apply(model("fetched"))
        waiting.ready(namespace, "fetched")
        (pod,) = servers(namespace, "fetched")
        assert pod["spec"]["initContainers"][0]["name"] == "fetch"
        assert not any("image" in volume for volume in pod["spec"]["volumes"])
        assert predicting.mark(namespace, "fetched") == 1
    finally:
        installing.change(imageVolumes="auto")
    assert {pod["metadata"]["uid"] for pod in servers(namespace, "mounted")} == before


def test_a_wrong_password_is_named_and_mended_by_one_apply(namespace, served):
    namespace.apply(model("shut", push="mistyped"))
    said = waiting.judged(namespace, "shut")
    assert said["Built"]["reason"] == "StoreRefused"
    assert "spec.artifact.oci" in said["Built"]["message"]
    namespace.apply(model("shut"))
    waiting.ready(namespace, "shut")


def test_a_secret_that_is_not_there_is_named(namespace, served):
    namespace.apply(model("keyless", push="absent"))
    said = waiting.current(waiting.condition(namespace, "keyless", "Built", "False", "VolumeNotMounted"))
    assert '"absent"' in said["Built"]["message"]


def model(name: str, push: str = "registry"):
    """The small model, kept in the registry."""
    store = {"repository": REPOSITORY, "pushSecretName": push, "pullSecretName": "registry", "plainHttp": True}
    return manifests.model_deployment(name, SOURCE, artifact={"store": "oci", "oci": store})


def secret(name: str, password: str):
    """Credentials as kubelets and builds take them."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": registries.credentials(layout.STORE, password)},
    }


def servers(namespace, name: str) -> list:
    """Its pods that are not on their way out."""
    found = namespace.list("pods", f"modelsmith.dev/deployment={name},modelsmith.dev/track=stable")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def hit(namespace, name: str):
    """The status, once Ready after a build that was a cache hit."""
    found = namespace.get("mdep", name)
    is_ready = waiting.current(found).get("Ready", {}).get("status") == "True"
    return found["status"] if is_ready and found["status"]["build"]["cacheHit"] else None
