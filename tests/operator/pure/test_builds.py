"""Every situation of a ModelBuild, and what follows from it."""

import pytest
from pure import build_rows, making, worlds

from model_operator import kinds
from model_operator.builds import deciding


@pytest.mark.parametrize(("arrange", "built", "kstatus", "words"), build_rows.ROWS.values(), ids=build_rows.ROWS)
def test_built_names_the_true_cause(arrange, built, kstatus, words):
    status = build_rows.status(arrange())
    found = worlds.brief(status)
    assert found.pop("Built") == built
    assert set(found) == ({kstatus} if kstatus else set())
    message = worlds.condition(status, "Built")["message"]
    assert words in message
    assert status["observedGeneration"] >= 1


def test_the_last_good_artifact_stays_while_a_later_attempt_fails():
    status = build_rows.status(build_rows.answered_again_and_failed())
    assert status["artifact"]["digest"] == making.ARTIFACT


def test_what_is_settled_is_not_looked_at_again():
    for name in ("built", "a step rejects the request", "suspended"):
        world = build_rows.ROWS[name][0]()
        world.reconcile_build()
        assert world.decision.requeue_after is None, name
        assert not world.decision.objects, name


def test_the_job_that_answered_stays_though_its_end_was_not_seen_yet():
    """Kinds are watched apart: the status may come sooner than the end of the Job that it speaks of."""
    world = build_rows.ROWS["built"][0]()
    world.reconcile_build()
    job = world.find(kinds.JOB)
    job["status"] = {"active": 1}
    world.reconcile_build()
    assert world.decision.garbage == ()
    assert world.find(kinds.JOB) is job


@pytest.mark.parametrize(
    "name",
    ["its ConfigMap is missing", "no place for artifacts", "pods are refused", "a volume that cannot be mounted"],
)
def test_what_nobody_tells_is_looked_at_again(name):
    world = build_rows.ROWS[name][0]()
    world.reconcile_build()
    assert world.decision.requeue_after == deciding.PATIENCE


def test_what_the_watch_tells_is_not_polled():
    for name in ("convert is running", "no node takes the pod", "an image that does not come"):
        world = build_rows.ROWS[name][0]()
        world.reconcile_build()
        assert world.decision.requeue_after is None, name


def test_no_job_is_made_before_its_source_and_store_exist():
    for name in ("its ConfigMap is missing", "its claim is missing", "no place for artifacts"):
        assert not build_rows.ROWS[name][0]().all(kinds.JOB), name


def test_a_source_that_appears_starts_the_build():
    world = build_rows.claim_source_missing()
    world.put({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "nowhere"}, "spec": {}})
    world.reconcile_build()
    assert world.find(kinds.JOB)


def test_suspending_removes_what_runs_and_resuming_runs_it_again():
    world = build_rows.suspended()
    assert not world.all(kinds.JOB)
    world.put(making.model_deployment(suspend=False))
    making.start_build(world)
    assert world.find(kinds.JOB)


def test_suspending_keeps_the_log_of_what_is_over():
    world = build_rows.built()
    world.put(making.model_deployment(suspend=True))
    making.start_build(world)
    assert world.find(kinds.JOB)
    assert build_rows.brief(world) == {"Built": "True/Built"}


def test_deleting_the_job_of_a_failed_build_tries_again():
    world = build_rows.ROWS["a step rejects the request"][0]()
    job = world.find(kinds.JOB)
    world.drop(job)
    for pod in world.all(kinds.POD):
        world.drop(pod)
    world.reconcile_build()
    assert world.find(kinds.JOB)["metadata"]["name"] == job["metadata"]["name"]
    assert build_rows.brief(world)["Built"] == "False/Building"


def test_deleting_the_job_of_a_good_build_changes_nothing():
    world = build_rows.built()
    world.drop(world.find(kinds.JOB))
    world.reconcile_build()
    assert not world.all(kinds.JOB)
    assert build_rows.brief(world) == {"Built": "True/Built"}


def test_a_job_of_an_attempt_that_nobody_waits_for_is_removed():
    world = build_rows.running_convert()
    before = world.find(kinds.JOB)["metadata"]["name"]
    world.put(making.model_deployment(requested_at="2"))
    making.start_build(world)
    assert [job["metadata"]["name"] for job in world.all(kinds.JOB)] != [before]
    assert len(world.all(kinds.JOB)) == 1


def test_an_event_is_told_once():
    world = build_rows.ROWS["a step rejects the request"][0]()
    told = [event.reason for event in world.log]
    world.reconcile_build()
    assert told.count("WeightsMismatch") == 1
    assert [event.reason for event in world.log] == told


def test_a_build_that_is_being_deleted_is_left_alone():
    world = build_rows.running_convert()
    world.find(kinds.MODEL_BUILD)["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    world.reconcile_build()
    assert world.decision.objects == ()
    assert world.decision.status is None


def test_the_newest_pod_of_the_attempt_tells():
    world = build_rows.started()
    making.job_pod(world, "Failed", making.terminated("fetch", 75, making.failure("fetch", message="first")))
    making.job_pod(world, "Failed", making.terminated("fetch", 64, making.failure("fetch", message="second")), number=1)
    making.end_job(world, "Failed")
    world.reconcile_build()
    assert "second" in worlds.condition(build_rows.status(world), "Built")["message"]
