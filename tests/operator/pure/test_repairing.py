"""Whatever failed is mended by one apply, or by asking again: a new attempt, and nothing of the old one is left."""

import copy

import pytest
from pure import build_rows, deployment_rows, making, worlds

from model_operator import kinds

MORE = {"resources": {"limits": {"memory": "8Gi"}}}


def jobs(world):
    return [job["metadata"]["name"] for job in world.all(kinds.JOB)]


def oom(world):
    making.job_pod(world, "Failed", making.terminated("convert", 137, reason="OOMKilled"))


def late(world):
    making.job_pod(world, "Failed", making.terminated("convert", 137), reason="DeadlineExceeded")


def shut(world):
    words = making.failure("publish", reason="StoreRefused", message="401 Unauthorized", field="spec.artifact.oci")
    making.job_pod(world, "Failed", making.terminated("publish", 64, words))


def lacking(world):
    words = making.failure("fetch", reason="SourceMissing", message="no digits.pt", field="spec.model.weights")
    making.job_pod(world, "Failed", making.terminated("fetch", 64, words))


REPAIRS = {
    "more memory": (oom, "OutOfMemory", {}, {"build": MORE}),
    "more time": (late, "DeadlineExceeded", {}, {"build": {"timeout": "3h"}}),
    "a mended Secret, asked again": (shut, "StoreRefused", {"artifact": making.REGISTRY}, {"requested_at": "mended"}),
    "an uploaded file, asked again": (
        lacking,
        "SourceMissing",
        {"model": {**making.spec()["model"], "source": {"pvc": {"claimName": "models"}}}},
        {"requested_at": "uploaded"},
    ),
}


@pytest.mark.parametrize(("fail", "reason", "parts", "change"), REPAIRS.values(), ids=REPAIRS)
def test_one_apply_supersedes_the_failed_job(fail, reason, parts, change):
    parts = {"build": {}, **parts}
    world = build_rows.started(**parts)
    [before] = jobs(world)
    fail(world)
    making.end_job(world, "Failed", reason="PodFailurePolicy")
    world.reconcile_build()
    assert worlds.brief(world.reconcile())["Ready"] == f"False/{reason}"
    world.put(making.model_deployment(**{**parts, **change}))
    making.start_build(world)
    [after] = jobs(world)
    assert after != before
    assert worlds.brief(world.reconcile())["Built"] == "False/Building"
    making.build_well(world)
    world.reconcile()
    making.roll(world)
    assert worlds.brief(world.reconcile())["Ready"] == "True/Serving"


def test_attempts_of_an_older_spec_are_not_left_over():
    world = build_rows.started()
    for number in range(3):
        oom(world)
        making.end_job(world, "Failed")
        world.reconcile_build()
        world.put(making.model_deployment(build={**making.spec()["build"], "timeout": f"{number + 2}h"}))
        making.start_build(world)
    assert len(jobs(world)) == 1


def test_another_request_takes_the_failed_build_along():
    world = build_rows.started()
    first = world.find(kinds.MODEL_BUILD)["metadata"]["name"]
    oom(world)
    making.end_job(world, "Failed")
    world.reconcile_build()
    world.reconcile()
    world.put(making.model_deployment(build={}))
    making.start_build(world)
    assert world.find(kinds.MODEL_BUILD)["metadata"]["name"] != first


UNWRITTEN = {
    "its Job": (kinds.JOB, build_rows.invalid("spec.a"), "ApplyRefused"),
    "the name of its Job": (kinds.JOB, build_rows.taken(), "InvalidOwnership"),
    "its claim": (kinds.PERSISTENT_VOLUME_CLAIM, build_rows.no_room("requests.storage"), "ApplyRefused"),
    "the build": (kinds.MODEL_BUILD, build_rows.invalid("spec.a"), "ApplyRefused"),
    "the Deployment": (kinds.DEPLOYMENT, build_rows.invalid("spec.a"), "ApplyRefused"),
    "a Service": (kinds.SERVICE, deployment_rows.contested(kinds.SERVICE), "FieldConflict"),
}


def refused(kind, error):
    """Up to where it is refused, by the whole operator."""
    world = making.world()
    world.refuse[kind] = error
    return onward(world)


def onward(world):
    """Everything goes on that can."""
    world.reconcile()
    for build in world.all(kinds.MODEL_BUILD):
        world.reconcile_build(build["metadata"]["name"])
    if world.all(kinds.JOB) and not world.all(kinds.POD):
        making.build_well(world)
    world.reconcile()
    if world.all(kinds.DEPLOYMENT):
        making.roll(world)
    world.reconcile()
    return world


@pytest.mark.parametrize(("kind", "error", "reason"), UNWRITTEN.values(), ids=UNWRITTEN)
def test_what_cannot_be_written_is_a_condition_once(kind, error, reason):
    world = refused(kind, error)
    assert worlds.brief(deployment_rows.status(world))["Ready"] == f"False/{reason}"
    before, told = copy.deepcopy(world.objects), len(world.log)
    onward(world)
    assert (world.objects, len(world.log)) == (before, told)


@pytest.mark.parametrize(("kind", "error", "reason"), UNWRITTEN.values(), ids=UNWRITTEN)
def test_what_is_taken_at_last_goes_on(kind, error, reason):
    world = refused(kind, error)
    world.refuse.clear()
    assert worlds.brief(deployment_rows.status(onward(world)))["Ready"] == "True/Serving"


def test_an_unwritten_build_keeps_the_artifact_and_says_so():
    status = deployment_rows.status(refused(kinds.MODEL_BUILD, build_rows.invalid("spec.a")))
    assert worlds.brief(status)["Built"] == "False/ApplyRefused"


def test_an_unwritten_service_says_nothing_against_the_artifact():
    status = deployment_rows.status(refused(kinds.SERVICE, build_rows.invalid("spec.a")))
    assert worlds.brief(status)["Built"] == "True/Built"


def test_a_warning_tells_of_it_once():
    world = refused(kinds.JOB, build_rows.no_room())
    onward(world)
    told = [event for event in world.log if event.reason == "ApplyRefused"]
    assert [event.type for event in told] == ["Warning"] * 3  # Built of the build; Built and Ready of who asked
