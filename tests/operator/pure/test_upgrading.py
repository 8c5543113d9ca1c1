"""A later version of the operator, and an earlier one again: nothing is built, restarts or is forgotten."""

import copy
import json

import pytest
from pure import making, worlds

from model_builder import contract
from model_operator import kinds, names
from model_operator.api import deployment, parsing
from model_operator.deployments import state
from model_operator.deployments.manifests import parts


def without_own(world):
    return copy.deepcopy({key: one for key, one in world.objects.items() if key.kind not in kinds.OWN})


def test_identities_are_for_ever():
    """Whoever changes one of these rebuilds or restarts every model of every user on upgrade."""
    world = making.serving()
    status = world.reconcile()
    assert status["build"]["name"] == "build-256e794ad963421a"
    assert world.find(kinds.JOB)["metadata"]["name"] == "build-256e794ad963421a-44136fa3"
    assert status["rollout"]["revision"] == "digits-a81e589a18"
    assert names.ARTIFACT_CLAIM == "modelsmith-artifacts"
    assert names.stable_selector("digits") == {"modelsmith.dev/deployment": "digits", "modelsmith.dev/track": "stable"}


def test_pods_that_would_be_rendered_otherwise_are_left_alone(monkeypatch):
    world = making.serving()
    before = without_own(world)
    monkeypatch.setattr(parts, "compose", lambda *_: {"name": "compose", "image": "reg/other"})
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"
    assert without_own(world) == before


def test_new_recipes_wait_until_somebody_asks(monkeypatch):
    world = making.serving()
    before = without_own(world)
    monkeypatch.setattr(contract, "RECIPE_VERSION", "3")
    assert world.reconcile()["recipe"] == "2"
    assert without_own(world) == before
    world.put(making.model_deployment(requested_at="now"))
    assert world.reconcile()["recipe"] == "3"
    assert len(world.all(kinds.MODEL_BUILD)) == 2


def test_what_a_later_version_wrote_into_a_status_does_not_lose_the_images():
    world = making.serving()
    status = {**world.reconcile(), "healthy": True}
    status["images"] = {**status["images"], "sidecar": "reg/sidecar:9"}
    status["conditions"].append({"type": "Healthy", "status": "Maybe"})
    read = parsing.status(deployment.ModelDeploymentStatus, {"status": status})
    assert read.images
    assert read.images.triton == worlds.IMAGES.triton
    assert read.build
    assert read.conditions == []


@pytest.mark.parametrize("status", [None, {}, {"conditions": "none"}, {"images": 7}, {"history": [{}]}])
def test_a_status_of_any_shape_is_read(status):
    assert parsing.status(deployment.ModelDeploymentStatus, {"status": status}) == deployment.ModelDeploymentStatus()


def test_the_problem_of_a_spec_names_its_fields():
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, {"spec": {"model": {}}})
    assert spec is None
    assert "spec.model.weights: Field required" in problem


def test_a_claim_as_source_is_not_pinned_and_a_config_map_is():
    world = making.world()
    world.reconcile()
    assert "sourceDigest" in world.find(kinds.MODEL_BUILD)["spec"]["request"]
    source = {**making.spec()["model"], "source": {"pvc": {"claimName": "models", "path": "a"}}}
    other = making.world(model=source)
    other.reconcile()
    request = other.find(kinds.MODEL_BUILD)["spec"]["request"]
    assert request["sourceRoot"] == "a"
    assert "sourceDigest" not in request


def test_content_of_text_and_of_bytes_is_named_alike():
    text = {"data": {"a": "é"}}
    binary = {"binaryData": {"a": "w6k="}}
    assert state.content(text) == state.content(binary)


def test_a_request_is_written_without_what_is_default():
    """A field that a later version adds, with a default, then changes no digest."""
    world = making.world(build={})
    world.reconcile()
    request = world.find(kinds.MODEL_BUILD)["spec"]["request"]
    assert request.keys() == {"model", "sourceDigest", "recipe"}
    assert json.dumps(request)
