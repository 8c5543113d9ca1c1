"""Stores that are full, or shut: told, and mended without another spec: make room or mend the Secret, ask again."""

import pytest

from cluster import layout
from e2e import disks, failing, kube, locked, manifests, predicting, smallmodels, waiting
from model_operator import names

SOURCE = manifests.from_config_map("small")


@pytest.fixture(scope="module")
def stocked(namespace):
    """A namespace with the small model."""
    namespace.apply(manifests.config_map("small", smallmodels.files(1)))
    return namespace


@pytest.fixture
def full(stocked, tmp_path):
    """A claim of four pages, on which no artifact finds room; its folder."""
    with disks.claimed(stocked, "tiny", tmp_path, "16k"):
        stocked.apply(manifests.model_deployment("full", SOURCE, artifact={"claimName": "tiny"}))
        yield tmp_path
        stocked.delete("mdep", "full")
        stocked.delete("pvc", "tiny")


def test_a_full_store_is_told_and_mended_by_room_and_asking_again(stocked, full):
    waiting.condition(stocked, "full", "Ready", "False", "Retrying")
    said = failing.told(stocked, "full", "StoreFull", "No space left on device", "Enlarge the volume")
    assert "Stalled" in said
    before = failing.jobs_of(stocked, "full")
    disks.grow(full, "16m")
    stocked.annotate("mdep", "full", names.REQUESTED_AT, "grown")
    failing.superseded(stocked, "full", before)
    waiting.ready(stocked, "full")
    assert predicting.mark(stocked, "full") == 1


@pytest.fixture
def elsewhere(stocked, tmp_path):
    """A claim whose disk is another machine's."""
    kube.kubectl("delete", "pv", "elsewhere", "--ignore-not-found")
    stocked.apply(disks.volume("elsewhere", tmp_path, node="elsewhere"), disks.bound("elsewhere"))
    yield "elsewhere"
    stocked.delete("pvc", "elsewhere")
    kube.kubectl("delete", "pv", "elsewhere", "--ignore-not-found")


def test_a_claim_on_another_node_is_told_in_the_schedulers_words_and_mended_by_another(stocked, elsewhere):
    stocked.apply(manifests.model_deployment("far", SOURCE, artifact={"claimName": elsewhere}))
    said = failing.told(stocked, "far", "Unschedulable", "node affinity", "ReadWriteMany claim as artifact.claimName")
    assert "Reconciling" in said
    stocked.apply(manifests.model_deployment("far", SOURCE, artifact={"claimName": names.ARTIFACT_CLAIM}))
    waiting.ready(stocked, "far")


@pytest.fixture(scope="module")
def registry(stocked, tmp_path_factory):
    """A registry with a password, and a Secret that has it."""
    with locked.registry(tmp_path_factory.mktemp("registry")) as running:
        stocked.apply(locked.secret("right"))
        yield running


def kept(name: str, push: str, pull: str):
    """The small model, in a repository of its own."""
    return locked.model(name, push, pull=pull, repository=f"{layout.STORE}/team/{name}")


def test_a_mended_secret_is_tried_when_asked_again(stocked, registry):
    stocked.apply(locked.secret("mistyped", "wrong password"), kept("shut", "mistyped", "right"))
    said = failing.told(stocked, "shut", "StoreRefused", "spec.artifact.oci")
    assert "Stalled" in said
    before = failing.jobs_of(stocked, "shut")
    stocked.apply(locked.secret("mistyped"))
    stocked.annotate("mdep", "shut", names.REQUESTED_AT, "mended")
    failing.superseded(stocked, "shut", before)
    waiting.ready(stocked, "shut")


def test_a_push_secret_that_is_not_there_is_named_and_waited_for(stocked, registry):
    stocked.apply(kept("keyless", "late-push", "right"))
    said = failing.told(stocked, "keyless", "VolumeNotMounted", "Secret 'late-push' must exist in this namespace")
    assert "Reconciling" in said
    stocked.apply(locked.secret("late-push"))
    waiting.ready(stocked, "keyless", seconds=300)


def test_a_pull_secret_that_is_not_there_is_named_and_waited_for(stocked, registry):
    stocked.apply(kept("locked", "right", "late-pull"))
    said = failing.told(stocked, "locked", "ImagePullFailed", "Secret 'late-pull'")
    assert "Reconciling" in said
    stocked.apply(locked.secret("late-pull"))
    waiting.ready(stocked, "locked", seconds=400)
