"""The good way, from a spec to Ready, and what a change does to it."""

import copy

from pure import making, worlds

from model_operator import kinds, names


def test_a_spec_becomes_a_claim_a_build_and_services():
    world = making.world()
    status = world.reconcile()
    assert worlds.brief(status) == {
        "Accepted": "True/Accepted",
        "Built": "False/Building",
        "Available": "False/NotDeployed",
        "Ready": "False/Building",
        "Reconciling": "True/Building",
    }
    assert world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    assert world.find(kinds.MODEL_BUILD)["metadata"]["name"] == status["build"]["name"]
    assert len(world.all(kinds.SERVICE)) == 2
    assert not world.all(kinds.DEPLOYMENT)


def test_a_build_becomes_a_job():
    world = making.world()
    making.start_build(world)
    build = world.find(kinds.MODEL_BUILD)
    job = world.find(kinds.JOB)
    assert build["status"]["job"] == job["metadata"]["name"]
    assert worlds.brief(build["status"]) == {"Built": "False/Building", "Reconciling": "True/Building"}
    assert job["metadata"]["ownerReferences"][0]["uid"] == build["metadata"]["uid"]


def test_an_artifact_becomes_a_deployment_of_its_revision():
    world = making.world()
    making.start_build(world)
    making.build_well(world)
    status = world.reconcile()
    server = world.find(kinds.DEPLOYMENT)
    assert server["metadata"]["annotations"][names.REVISION] == status["rollout"]["revision"]
    assert world.find(kinds.CONTROLLER_REVISION)["metadata"]["name"] == status["rollout"]["revision"]
    assert worlds.brief(status)["Ready"] == "False/RollingOut"
    assert status["artifact"]["accuracy"] == "0.991 ±0.009"
    assert status["artifact"]["size"] == "369 kB"


def test_ready_servers_make_it_ready():
    world = making.serving()
    status = world.reconcile()
    assert worlds.brief(status) == {
        "Accepted": "True/Accepted",
        "Built": "True/Built",
        "Available": "True/Available",
        "Healthy": "True/AnswersRight",
        "Ready": "True/Serving",
    }
    assert status["serving"]["url"] == "http://digits.team.svc:8000"
    assert [entry["revision"] for entry in status["history"]] == [status["rollout"]["revision"]]
    assert world.decision.requeue_after is None
    assert status["observedGeneration"] == world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["generation"]


def test_a_serving_change_builds_nothing():
    world = making.serving()
    before = world.find(kinds.MODEL_BUILD)["metadata"]["name"]
    world.put(making.model_deployment(serving={"batching": {"maxBatchSize": 8}}))
    status = world.reconcile()
    assert world.find(kinds.MODEL_BUILD)["metadata"]["name"] == before
    assert worlds.brief(status)["Ready"] == "False/RollingOut"
    assert len(world.all(kinds.CONTROLLER_REVISION)) == 2


def test_scaling_is_no_new_revision():
    world = making.serving()
    world.put(making.model_deployment(serving={"replicas": 3}))
    status = world.reconcile()
    assert len(world.all(kinds.CONTROLLER_REVISION)) == 1
    assert worlds.brief(status)["Ready"] == "False/RollingOut"
    making.roll(world)
    assert worlds.condition(world.reconcile(), "Ready")["message"] == "3 of 3 servers are ready"


def test_zero_servers_are_ready_and_not_available():
    world = making.serving(serving={"replicas": 0})
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "True/ScaledToZero"
    assert worlds.brief(status)["Available"] == "False/ScaledToZero"
    assert "RollingOut" not in [event.reason for event in world.log]


def test_new_content_in_the_config_map_is_a_new_build_and_the_old_serves_on():
    world = making.serving()
    served = copy.deepcopy(world.find(kinds.DEPLOYMENT)["spec"])
    world.config_map(files={**worlds.DIGITS, "digits.pt": "better weights"})
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "False/Building"
    assert worlds.brief(status)["Available"] == "True/Available"
    assert len(world.all(kinds.MODEL_BUILD)) == 2
    assert world.find(kinds.DEPLOYMENT)["spec"] == served


def test_the_former_build_is_let_go_when_its_successor_serves():
    world = making.serving()
    world.config_map(files={**worlds.DIGITS, "digits.pt": "better weights"})
    name = making.start_build(world)
    making.build_well(world, artifact="sha256:" + "c" * 64)
    world.reconcile()
    assert len(world.all(kinds.MODEL_BUILD)) == 2
    making.roll(world)
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "True/Serving"
    assert [build["metadata"]["name"] for build in world.all(kinds.MODEL_BUILD)] == [name]
    assert len(status["history"]) == 2


def test_a_build_that_never_served_is_let_go_at_once():
    world = making.serving()
    world.config_map(files={**worlds.DIGITS, "digits.pt": "bad weights"})
    bad = making.start_build(world)
    making.build_badly(world)
    world.config_map(files={**worlds.DIGITS, "digits.pt": "good weights"})
    world.reconcile()
    assert bad not in {build["metadata"]["name"] for build in world.all(kinds.MODEL_BUILD)}
    assert len(world.all(kinds.MODEL_BUILD)) == 2


def test_a_failed_build_is_stalled_and_the_old_serves_on():
    world = making.serving()
    world.config_map(files={**worlds.DIGITS, "digits.pt": "bad weights"})
    making.start_build(world)
    making.build_badly(world)
    status = world.reconcile()
    assert worlds.brief(status) == {
        "Accepted": "True/Accepted",
        "Built": "False/WeightsMismatch",
        "Available": "True/Available",
        "Healthy": "True/AnswersRight",
        "Ready": "False/WeightsMismatch",
        "Stalled": "True/WeightsMismatch",
    }
    assert "missing keys: conv1.weight" in worlds.condition(status, "Ready")["message"]
    assert status["artifact"]["digest"] == making.ARTIFACT


def test_a_new_operator_builds_nothing_and_restarts_nothing():
    world = making.serving()
    before = copy.deepcopy({key: one for key, one in world.objects.items() if key.kind not in kinds.OWN})
    names_before = [build["metadata"]["name"] for build in world.all(kinds.MODEL_BUILD)]
    world.settings = world.settings.__class__(images=worlds.settings.Images("reg/b:2", "reg/s:2", "reg/t:2"))
    status = world.reconcile()
    assert worlds.brief(status)["Ready"] == "True/Serving"
    assert {key: one for key, one in world.objects.items() if key.kind not in kinds.OWN} == before
    assert [build["metadata"]["name"] for build in world.all(kinds.MODEL_BUILD)] == names_before


def test_asking_anew_takes_the_new_images():
    world = making.serving()
    world.settings = world.settings.__class__(images=worlds.settings.Images("reg/b:2", "reg/s:2", "reg/t:2"))
    world.put(making.model_deployment(requested_at="2026-01-03"))
    assert world.reconcile()["images"]["triton"] == "reg/t:2"
    assert len(world.all(kinds.MODEL_BUILD)) == 2


def test_asking_anew_runs_the_same_build_again():
    world = making.serving()
    world.put(making.model_deployment(requested_at="2026-01-03"))
    name = making.start_build(world)
    assert len(world.all(kinds.MODEL_BUILD)) == 1
    assert len(world.all(kinds.JOB)) == 1, "the Job of the first attempt is superseded"
    assert world.find(kinds.MODEL_BUILD, name)["status"]["artifact"]["digest"] == making.ARTIFACT
    assert worlds.brief(world.reconcile())["Available"] == "True/Available"


def test_more_memory_mends_a_failed_build():
    world = making.world()
    making.start_build(world)
    making.build_badly(world, 137, " ")
    first = world.find(kinds.JOB)["metadata"]["name"]
    build = {"evaluation": {"data": {"file": "test.npz"}}, "resources": {"limits": {"memory": "8Gi"}}}
    world.put(making.model_deployment(build=build))
    making.start_build(world)
    second = world.find(kinds.JOB)
    assert second["metadata"]["name"] != first
    assert second["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] == "8Gi"


def test_more_memory_does_not_repeat_a_good_build():
    world = making.serving()
    before = world.find(kinds.JOB)["metadata"]["name"]
    build = {"evaluation": {"data": {"file": "test.npz"}}, "resources": {"limits": {"memory": "8Gi"}}}
    world.put(making.model_deployment(build=build))
    making.start_build(world)
    assert world.find(kinds.JOB)["metadata"]["name"] == before
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"


def test_going_back_to_what_served_costs_nothing():
    world = making.serving()
    first = world.reconcile()["rollout"]["revision"]
    world.put(making.model_deployment(serving={"batching": {"maxBatchSize": 8}}))
    world.reconcile()
    making.roll(world)
    world.reconcile()
    world.put(making.model_deployment())
    assert world.reconcile()["rollout"]["revision"] == first
    making.roll(world)
    status = world.reconcile()
    assert status["history"][0]["revision"] == first
    assert len(status["history"]) == 2


def test_a_config_map_that_went_after_its_build_changes_nothing():
    world = making.serving()
    world.drop(world.find(kinds.CONFIG_MAP, "digits-model"))
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"
    world.put(making.model_deployment(serving={"replicas": 2}))
    assert worlds.brief(world.reconcile())["Ready"] == "False/RollingOut"
