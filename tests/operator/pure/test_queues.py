"""Builds that wait in a queue of Kueue: it, and nobody here, lets their Jobs run."""

import pytest
from pure import making, worlds

from model_operator import kinds, names
from model_operator.deployments import state


def queued(queue="gpu-builds"):
    world = making.world(build={"queueName": queue} if queue else {})
    making.start_build(world)
    return world


def job(world):
    return world.find(kinds.JOB)


def test_the_job_names_its_queue_and_begins_suspended():
    made = job(queued())
    assert made["metadata"]["labels"][names.QUEUE_LABEL] == "gpu-builds"
    assert made["spec"]["suspend"] is True
    assert names.QUEUE_LABEL not in made["spec"]["template"]["metadata"]["labels"]


def test_without_a_queue_it_does_neither():
    made = job(queued(""))
    assert names.QUEUE_LABEL not in made["metadata"]["labels"]
    assert "suspend" not in made["spec"]


def test_a_build_that_names_no_queue_keeps_its_name():
    with_default = making.world(build={"queueName": ""})
    making.start_build(with_default)
    assert job(with_default)["metadata"]["name"] == job(queued(""))["metadata"]["name"]


def test_while_it_waits_both_say_so_and_nobody_polls():
    world = queued()
    status = world.reconcile_build()
    assert worlds.brief(status) == {"Built": "False/Queued", "Reconciling": "True/Queued"}
    assert world.decision.requeue_after is None
    found = worlds.condition(world.reconcile(), "Ready")
    assert (found["status"], found["reason"]) == ("False", "Queued")
    assert "'gpu-builds' (spec.build.queueName)" in found["message"]


def test_let_run_it_is_built_and_never_suspended_again():
    world = queued()
    world.reconcile_build()
    job(world)["spec"]["suspend"] = False
    status = world.reconcile_build()
    assert worlds.brief(status)["Built"] == "False/Building"
    assert world.decision.objects == ()
    making.build_well(world)
    assert worlds.brief(world.reconcile_build())["Built"] == "True/Built"
    assert job(world)["spec"]["suspend"] is False


def test_sent_back_into_the_queue_it_waits_again():
    world = queued()
    job(world)["spec"]["suspend"] = False
    world.reconcile_build()
    job(world)["spec"]["suspend"] = True
    assert worlds.brief(world.reconcile_build())["Built"] == "False/Queued"


def test_a_job_that_somebody_suspended_says_so():
    world = queued("")
    job(world)["spec"]["suspend"] = True
    found = worlds.condition(world.reconcile_build(), "Built")
    assert found["reason"] == "Queued"
    assert "suspended by somebody else" in found["message"]


def test_another_queue_is_another_attempt():
    world = queued()
    before = job(world)["metadata"]["name"]
    world.put(making.model_deployment(build={"queueName": "other"}))
    world.reconcile()
    world.reconcile_build()
    made = job(world)
    assert made["metadata"]["name"] != before
    assert made["metadata"]["labels"][names.QUEUE_LABEL] == "other"


@pytest.mark.parametrize("first", ["gpu-builds", ""])
def test_of_two_who_share_a_build_the_older_names_the_queue(first):
    world = queued(first)
    world.put(making.model_deployment("younger", build={"queueName": "other"}))
    for name in ("younger", "digits"):
        world.reconcile(name)
    execution = world.find(kinds.MODEL_BUILD)["spec"]["execution"] if first else {}
    assert execution.get("queueName", "") == first
    assert state.field(world.find(kinds.MODEL_BUILD), "spec", "execution", "queueName") == (first or None)
