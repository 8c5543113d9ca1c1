"""A model on a PersistentVolumeClaim: looked at again when asked, and only built when it changed."""

import pytest

from e2e import manifests, predicting, smallmodels, stocking, waiting
from model_operator import names


@pytest.fixture(scope="module")
def stocked(namespace, images):
    """`stocked(mark)` puts the model of that mark on the claim."""

    def stock(mark: float, **more: bytes) -> None:
        stocking.put(namespace, "models", {**smallmodels.files(mark), **more}, images["serving"])

    return stock


@pytest.fixture(scope="module")
def first(namespace, stocked):
    """The status once the model on the claim serves."""
    stocked(1)
    namespace.apply(manifests.model_deployment("claimed", manifests.from_claim("models")))
    return waiting.ready(namespace, "claimed")["status"]


def test_a_model_on_a_claim_serves(namespace, first):
    assert predicting.mark(namespace, "claimed") == 1
    assert not first["build"]["cacheHit"]


def test_asked_again_an_unchanged_claim_is_a_cache_hit(namespace, first):
    namespace.annotate("mdep", "claimed", names.REQUESTED_AT, "once")
    found = waiting.until("cacheHit", lambda: again(namespace, cache_hit=True), 120, namespace)
    assert found["artifact"]["digest"] == first["artifact"]["digest"]
    assert found["rollout"]["revision"] == first["rollout"]["revision"]


def test_asked_again_a_changed_file_becomes_a_new_artifact_that_serves(namespace, first, stocked):
    stocked(2)
    namespace.annotate("mdep", "claimed", names.REQUESTED_AT, "twice")
    waiting.until("the changed model answers", lambda: predicting.mark(namespace, "claimed") == 2, 240, namespace)
    found = waiting.ready(namespace, "claimed")["status"]
    assert found["artifact"]["digest"] != first["artifact"]["digest"]


def test_a_file_missing_on_a_claim_is_mended_by_uploading_it_and_asking_again(namespace, first, stocked):
    manifest = manifests.model_deployment("lacking", manifests.from_claim("models"), model={"weights": "late.pt"})
    namespace.apply(manifest)
    said = waiting.current(waiting.condition(namespace, "lacking", "Built", "False", "SourceMissing", seconds=120))
    assert "late.pt" in said["Built"]["message"]
    assert "Stalled" in said
    stocked(2, **{"late.pt": smallmodels.weights(5)})
    namespace.annotate("mdep", "lacking", names.REQUESTED_AT, "uploaded")
    waiting.ready(namespace, "lacking")
    assert predicting.mark(namespace, "lacking") == 5


def again(namespace, *, cache_hit: bool):
    """The status, once Ready with a build that was, or was not, a cache hit."""
    found = namespace.get("mdep", "claimed")
    is_ready = waiting.current(found).get("Ready", {}).get("status") == "True"
    return found["status"] if is_ready and found["status"]["build"]["cacheHit"] is cache_hit else None
