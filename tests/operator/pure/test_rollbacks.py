"""A new revision that fails is sent back, and not tried again; what the cluster lacks is waited for."""

import pytest
from pure import making, revising, worlds

from model_operator import kinds, names

DEAD = {"ok": False, "reason": "GoldenFailed", "message": "the stub has exited", "looks": 20}
NOT_LOADED = {"ok": False, "reason": "ModelNotLoaded", "message": "no such backend", "looks": 5}


def failing(*statuses, says=None, deployment=(), **status):
    """The third revision of a model comes, and its first server shows this."""
    world = revising.seasoned()
    good = revising.revision(world)
    revising.serve(world, **revising.THIRD)
    assert revising.revision(world) != good
    making.roll(world, updated=1)
    world.find(kinds.DEPLOYMENT)["status"] |= {"replicas": 2, "conditions": list(deployment)}
    if statuses or says or status:
        revising.pod(world, *statuses, says=says, **status)
    return world, good, world.reconcile()


COMPOSED_BADLY = {
    "name": names.COMPOSE,
    "restartCount": 2,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "no"}},
}
OVERDUE = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
KILLED = {**revising.crashed(137), "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
#: What is so -> how it comes about, and the reason that is written down.
BLAMED = {
    "wrong answers": (lambda: failing(says=revising.WRONG), "AnswersWrong"),
    "a model that does not load": (lambda: failing(says=NOT_LOADED), "ModelNotLoaded"),
    "a crash, again and again": (lambda: failing(revising.crashed()), "ServerCrashed"),
    "a server in which nothing succeeds, again and again": (
        lambda: failing(revising.crashed(137), says={**DEAD, "deaths": 2}),
        "ServerCrashed",
    ),
    "too little memory": (lambda: failing(KILLED), "OutOfMemory"),
    "a repository that cannot be written": (lambda: failing(COMPOSED_BADLY), "ComposeFailed"),
    "silence past the deadline": (lambda: failing(deployment=OVERDUE), "RolloutStuck"),
}
PULL = making.waiting(names.TRITON, "ImagePullBackOff", "not found", image="reg/triton:1")
REFUSED = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}]
#: The same of what is no fault of the revision.
WAITED_FOR = {
    "no node": (lambda: failing(**making.unscheduled()), "False/Unschedulable"),
    "no node, past the deadline": (lambda: failing(deployment=OVERDUE, **making.unscheduled()), "False/Unschedulable"),
    "no image": (lambda: failing(PULL), "False/ImagePullFailed"),
    "pods refused": (lambda: failing(deployment=REFUSED), "False/PodsRefused"),
    "one that nothing succeeds in, once": (
        lambda: failing(revising.crashed(137, restarts=1), says={**DEAD, "deaths": 1}),
        "False/RollingOut",
    ),
    "servers that somebody ends": (lambda: failing(revising.crashed(0)), "False/ServerEnded"),
    "servers that somebody kills": (lambda: failing(revising.crashed(137)), "False/ServerEnded"),
    "one restart": (lambda: failing(revising.crashed(restarts=1)), "False/RollingOut"),
    "wrong once": (lambda: failing(says={**revising.WRONG, "looks": 1}), "False/AnswersWrong"),
}


@pytest.mark.parametrize(("arrange", "reason"), BLAMED.values(), ids=BLAMED)
def test_what_a_revision_is_to_blame_for_sends_it_back(arrange, reason):
    world, good, status = arrange()
    assert revising.revision(world) == good
    assert status["rollout"]["rejected"]["reason"] == reason
    assert revising.ready(status) == "False/RolledBack"
    assert worlds.condition(status, "Stalled")
    assert f"({reason}: " in revising.words(status)
    assert good in revising.words(status)
    assert names.REQUESTED_AT in revising.words(status)


@pytest.mark.parametrize(("arrange", "ready"), WAITED_FOR.values(), ids=WAITED_FOR)
def test_what_the_cluster_lacks_is_waited_for(arrange, ready):
    world, good, status = arrange()
    assert revising.revision(world) != good
    assert "rejected" not in status["rollout"]
    assert revising.ready(status) == ready


def test_what_served_is_told_of_with_its_own_figures():
    world, _, status = failing(says=revising.WRONG)
    kept = {one["metadata"]["name"]: one["data"] for one in world.all(kinds.CONTROLLER_REVISION)}
    assert status["artifact"]["digest"] == kept[status["rollout"]["revision"]]["artifact"]
    assert status["artifact"]["precision"] == "float32"


def test_it_is_told_once_and_as_a_warning():
    world, _, _ = failing(says=revising.WRONG)
    told = [event for event in world.log if event.reason == "RolledBack"]
    assert [event.type for event in told] == ["Warning"]
    making.roll(world)
    world.reconcile()
    assert len([event for event in world.log if event.reason == "RolledBack"]) == 1


def test_no_later_look_tries_it_again():
    world, good, _ = failing(says=revising.WRONG)
    for _ in range(3):
        revising.later(world, hours=1)
        making.roll(world)
        status = world.reconcile()
    assert revising.revision(world) == good
    assert revising.ready(status) == "False/RolledBack"
    assert worlds.brief(status)["Available"] == "True/Available"


def test_scaling_is_no_reason_to_try_it_again():
    world, good, _ = failing(says=revising.WRONG)
    status = revising.serve(world, **revising.THIRD, replicas=3)
    assert revising.revision(world) == good
    assert world.find(kinds.DEPLOYMENT)["spec"]["replicas"] == 3
    assert status["rollout"]["rejected"]


def test_another_spec_is_rolled_out_and_the_first_may_come_again():
    world, good, _ = failing(says=revising.WRONG)
    world.drop(world.find(kinds.POD, "digits-0"))
    status = revising.served(world, instances={"count": 4})
    assert revising.ready(status) == "True/Serving"
    assert "rejected" not in status["rollout"]
    bad = revising.serve(world, **revising.THIRD)["rollout"]["revision"]
    assert revising.revision(world) == bad != good


def test_it_is_tried_again_when_that_is_asked_for():
    world, good, _ = failing(says=revising.WRONG)
    world.drop(world.find(kinds.POD, "digits-0"))
    world.put(making.model_deployment(requested_at="now", serving=revising.THIRD))
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    assert revising.revision(world) != good
    making.roll(world)
    assert revising.ready(world.reconcile()) == "True/Serving"


def test_it_is_not_tried_again_while_the_last_good_one_has_troubles_of_its_own():
    world, good, _ = failing(says=revising.WRONG)
    world.drop(world.find(kinds.POD, "digits-0"))
    making.roll(world, ready=0)
    revising.pod(world, revising.crashed(), number=3)
    status = world.reconcile()
    assert revising.revision(world) == good
    assert revising.ready(status) == "False/RolledBack"
    assert "keeps ending" in revising.words(status)


def test_a_first_revision_has_nothing_to_go_back_to():
    world = making.world()
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    making.roll(world, ready=0)
    revising.pod(world, says=revising.WRONG)
    status = world.reconcile()
    assert revising.ready(status) == "False/AnswersWrong"
    assert "rejected" not in status["rollout"]


@pytest.mark.parametrize(("minutes", "sent_back"), [(9, True), (11, False)])
def test_what_fails_after_a_while_was_good_once(minutes, sent_back):
    world = revising.seasoned()
    revising.served(world, **revising.THIRD)
    third = revising.revision(world)
    revising.later(world, minutes=minutes)
    revising.pod(world, says=revising.WRONG | {"ok": True}, ready=True)
    status = world.reconcile()
    assert (revising.revision(world) != third) is sent_back
    assert revising.ready(status) == ("False/RolledBack" if sent_back else "True/Serving")


def test_one_that_serves_for_a_short_time_is_looked_at():
    world = revising.seasoned()
    world.reconcile()
    assert world.decision.requeue_after is None
    revising.served(world, **revising.THIRD)
    assert world.decision.requeue_after
    revising.later(world, minutes=11)
    world.reconcile()
    assert world.decision.requeue_after is None


def test_the_last_good_revision_is_kept_while_another_comes():
    world = making.serving(artifact={"historyLimit": 1})
    good = revising.revision(world)
    world.put(making.model_deployment(serving=revising.SECOND, artifact={"historyLimit": 1}))
    world.reconcile()
    world.reconcile()
    assert good in {one["metadata"]["name"] for one in world.all(kinds.CONTROLLER_REVISION)}


def test_a_pinned_revision_serves_whatever_the_spec_says():
    world = revising.seasoned()
    first = world.find(kinds.MODEL_DEPLOYMENT)["status"]["history"][1]["revision"]
    status = revising.served(world, **revising.THIRD, rollout={"pin": first})
    assert revising.revision(world) == first
    assert revising.ready(status) == "True/Pinned"
    assert status["history"][0]["revision"] == first
    status = revising.served(world, **revising.THIRD)
    assert revising.revision(world) != first
    assert revising.ready(status) == "True/Serving"


def test_a_pin_to_a_revision_that_is_gone_names_those_that_are_there():
    world = revising.seasoned()
    second = revising.revision(world)
    status = revising.serve(world, **revising.THIRD, rollout={"pin": "digits-0123456789"})
    assert revising.revision(world) == second
    assert revising.ready(status) == "False/PinNotFound"
    assert worlds.condition(status, "Stalled")
    assert second in revising.words(status)
    assert worlds.brief(status)["Available"] == "True/Available"


def test_a_pinned_revision_is_ready_though_the_build_of_the_spec_fails():
    world = revising.seasoned()
    second = revising.revision(world)
    world.put(making.model_deployment(build={"candidates": ["none"]}, serving={"rollout": {"pin": second}}))
    making.start_build(world)
    making.build_badly(world)
    status = world.reconcile()
    making.roll(world)
    status = world.reconcile()
    assert worlds.brief(status)["Built"] == "False/WeightsMismatch"
    assert revising.ready(status) == "True/Pinned"
