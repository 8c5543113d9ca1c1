"""Artifacts in a registry with passwords: pushed by builds, then mounted by nodes."""

import pytest

from e2e import locked, manifests, predicting, smallmodels, waiting
from model_operator import names


@pytest.fixture(scope="module")
def registry(namespace, tmp_path_factory):
    """The registry, and Secrets with its password: `registry` has the right one, `mistyped` another."""
    with locked.registry(tmp_path_factory.mktemp("registry")) as running:
        namespace.apply(
            manifests.config_map("small", smallmodels.files(1)),
            locked.secret(),
            locked.secret("mistyped", "wrong password"),
        )
        yield running


@pytest.fixture(scope="module")
def served(namespace, registry):
    namespace.apply(locked.model("mounted"))
    return waiting.ready(namespace, "mounted")


def test_a_model_in_a_registry_is_served(namespace, served):
    assert predicting.mark(namespace, "mounted") == 1


def test_the_status_names_the_image_by_digest(served):
    assert served["status"]["artifact"]["uri"].startswith(f"oci://{locked.REPOSITORY}@sha256:")


def test_nothing_is_kept_on_a_claim(namespace, served):
    assert namespace.list("pvc") == []


def test_the_node_mounts_the_image(namespace, served):
    (pod,) = locked.servers(namespace, "mounted")
    (volume,) = [volume for volume in pod["spec"]["volumes"] if "image" in volume]
    assert f"oci://{volume['image']['reference']}" == served["status"]["artifact"]["uri"]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_asked_again_the_registry_answers_without_a_build(namespace, served):
    namespace.annotate("mdep", "mounted", names.REQUESTED_AT, "again")
    found = waiting.until("cacheHit", lambda: hit(namespace, "mounted"), 120, namespace)
    assert found["artifact"]["digest"] == served["status"]["artifact"]["digest"]
    assert found["artifact"]["uri"] == served["status"]["artifact"]["uri"]


def test_a_wrong_password_is_named_and_mended_by_one_apply(namespace, served):
    namespace.apply(locked.model("shut", push="mistyped"))
    said = waiting.judged(namespace, "shut")
    assert said["Built"]["reason"] == "StoreRefused"
    assert "spec.artifact.oci" in said["Built"]["message"]
    namespace.apply(locked.model("shut"))
    waiting.ready(namespace, "shut")


def test_a_secret_that_is_not_there_is_named(namespace, served):
    namespace.apply(locked.model("keyless", push="absent"))
    said = waiting.current(waiting.condition(namespace, "keyless", "Built", "False", "VolumeNotMounted"))
    assert '"absent"' in said["Built"]["message"]


def hit(namespace, name: str):
    """The status, once Ready after a build that was a cache hit."""
    found = namespace.get("mdep", name)
    is_ready = waiting.current(found).get("Ready", {}).get("status") == "True"
    return found["status"] if is_ready and found["status"]["build"]["cacheHit"] else None
