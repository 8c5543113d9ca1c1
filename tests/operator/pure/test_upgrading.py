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
    assert names.selector("digits") == {"modelsmith.dev/deployment": "digits", "modelsmith.dev/track": "stable"}


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


def template(world):
    return copy.deepcopy(world.find(kinds.DEPLOYMENT)["spec"]["template"])


def used(world):
    """Images of the servers' containers."""
    pod = template(world)["spec"]
    return {one["name"]: one["image"] for one in [*pod["initContainers"], *pod["containers"]]}


def news(status):
    return (worlds.condition(status, "UpdateAvailable") or {"message": ""})["message"]


def take(world, value="now", **parts):
    world.put(making.model_deployment(upgraded_at=value, **parts))
    return world.reconcile()


def test_a_newer_operator_changes_nothing_and_says_what_is_new():
    world = making.serving()
    before = without_own(world)
    making.upgrade(world)
    status = world.reconcile()
    assert without_own(world) == before
    assert news(status).startswith(
        "the operator brings serving image reg/serving:2 (in use: reg/serving:1),"
        " triton image reg/triton:2 (in use: reg/triton:1); `modelsmith upgrade digits -n team` takes it"
    )
    assert "new servers of the same artifact, and no build" in news(status)


def test_what_is_new_is_no_part_of_being_ready():
    world = making.serving()
    before = worlds.brief(world.reconcile())
    making.upgrade(world)
    after = worlds.brief(world.reconcile())
    assert after.pop("UpdateAvailable") == "True/OperatorUpgraded"
    assert after == before
    assert world.log[-1].reason != "OperatorUpgraded"


def test_nothing_new_is_not_spoken_of():
    assert worlds.condition(making.serving().reconcile(), "UpdateAvailable") is None


def test_images_that_the_spec_names_are_not_news():
    world = making.serving(serving={"image": "mine/triton:1"}, build={"image": "mine/builder:1"})
    making.upgrade(world)
    assert "mine" not in news(world.reconcile())
    assert "triton image" not in news(world.reconcile())


def test_long_names_leave_room_for_the_way_out():
    world = making.serving()
    making.upgrade(world, serving=f"reg/{'s' * 400}@sha256:{'1' * 64}", triton=f"reg/{'t' * 400}")
    said = news(world.reconcile())
    assert said.endswith("Until then nothing changes")
    assert f"@sha256:{'1' * 12} (" in said


def test_a_new_triton_is_taken_without_a_build():
    world = making.serving()
    build, jobs = world.find(kinds.MODEL_BUILD)["metadata"]["name"], world.all(kinds.JOB)
    making.upgrade(world)
    status = take(world)
    assert (used(world)["triton"], used(world)["compose"]) == ("reg/triton:2", "reg/serving:2")
    assert worlds.condition(status, "UpdateAvailable") is None
    assert [one["metadata"]["name"] for one in world.all(kinds.MODEL_BUILD)] == [build]
    assert world.all(kinds.JOB) == jobs
    assert status["images"]["triton"] == "reg/triton:1"
    assert status["servingImages"] == {"serving": "reg/serving:2", "triton": "reg/triton:2"}


def test_a_new_triton_that_was_taken_and_is_withdrawn_gives_the_former_pods():
    world = making.serving()
    before = template(world)
    making.upgrade(world)
    take(world)
    making.upgrade(world, triton="reg/triton:1")
    status = take(world, "later")
    assert template(world) == before
    assert "servingImages" not in status


def test_what_was_taken_is_taken_once():
    world = making.serving()
    take(world)
    before = without_own(world)
    making.upgrade(world)
    assert news(world.reconcile())
    assert without_own(world) == before


def test_an_annotation_that_goes_takes_nothing():
    world = making.serving()
    making.upgrade(world)
    take(world)
    before = without_own(world)
    making.upgrade(world, triton="reg/triton:3")
    world.put(making.model_deployment())
    assert "reg/triton:3" in news(world.reconcile())
    assert without_own(world) == before


def test_taking_when_nothing_is_new_runs_nothing():
    """Unlike requestedAt, which has sources resolved again."""
    source = {**making.spec()["model"], "source": {"pvc": {"claimName": "models"}}}
    world = making.serving(model=source)
    before = without_own(world)
    status = take(world, model=source)
    world.reconcile_build()
    assert status["upgradedAt"] == "now"
    assert without_own(world) == before


def test_a_new_builder_alone_waits_for_the_next_build():
    world = making.serving()
    making.upgrade(world, builder="reg/builder:2")
    assert worlds.condition(world.reconcile(), "UpdateAvailable") is None
    world.put(making.model_deployment(build={"evaluation": {"data": {"file": "train.npz"}}}))
    world.reconcile()
    assert world.all(kinds.MODEL_BUILD)[-1]["spec"]["images"]["builder"] == "reg/builder:2"


def test_a_new_builder_is_news_for_a_build_that_failed_and_builds_again():
    world = making.world()
    failed = making.start_build(world)
    making.build_badly(world)
    world.reconcile()
    making.upgrade(world, builder="reg/builder:2")
    said = news(world.reconcile())
    assert "builder image reg/builder:2 (in use: reg/builder:1)" in said
    assert "a new build, then new servers" in said
    status = take(world)
    assert status["build"]["name"] != failed
    assert worlds.brief(status)["Ready"] == "False/Building"


def test_a_new_recipe_is_taken_by_a_build_while_the_last_artifact_serves(monkeypatch):
    world = making.serving()
    before = template(world)
    making.upgrade(world)
    monkeypatch.setattr(contract, "RECIPE_VERSION", "3")
    assert news(world.reconcile()).startswith("the operator brings recipe 3 (in use: 2), builder image reg/builder:2")
    status = take(world)
    assert worlds.brief(status)["Ready"] == "False/Building"
    assert status["images"] == {"builder": "reg/builder:2", "serving": "reg/serving:2", "triton": "reg/triton:2"}
    assert template(world) == before


def test_an_upgrade_that_is_asked_while_suspended_is_taken_on_resuming():
    world = making.serving()
    before = template(world)
    making.upgrade(world)
    take(world, suspend=True)
    assert template(world) == before
    world.put(making.model_deployment(upgraded_at="now"))
    world.reconcile()
    assert used(world)["triton"] == "reg/triton:2"


def test_asking_a_new_build_forgets_what_was_taken_apart():
    world = making.serving()
    making.upgrade(world, triton="reg/triton:2")
    take(world)
    making.upgrade(world, triton="reg/triton:3")
    world.put(making.model_deployment(upgraded_at="now", requested_at="now"))
    status = world.reconcile()
    assert status["images"]["triton"] == "reg/triton:3"
    assert "servingImages" not in status


def test_of_two_that_share_a_build_each_takes_its_own_time():
    world = making.serving()
    world.put(making.model_deployment("other"))
    world.reconcile("other")
    making.upgrade(world)
    take(world)
    assert worlds.condition(world.reconcile("other"), "UpdateAvailable")
    [build] = world.all(kinds.MODEL_BUILD)
    assert [owner["name"] for owner in build["metadata"]["ownerReferences"]] == ["digits", "other"]


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
