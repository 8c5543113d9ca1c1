"""How servers replace others: one more meanwhile, or, where no GPU is free, one less."""

import dataclasses

import pytest
from pure import making, revising

from model_operator import kinds
from model_operator.deployments import deciding

GPU = {"gpu": {"count": 1}}
SURGE, ONE_BY_ONE = {"maxSurge": 1, "maxUnavailable": 0}, {"maxSurge": 0, "maxUnavailable": 1}


def strategy(world):
    return world.find(kinds.DEPLOYMENT, "digits")["spec"]["strategy"]["rollingUpdate"]


@pytest.mark.parametrize(("asked", "expected"), [("rolling", SURGE), ("recreate", ONE_BY_ONE), ("auto", SURGE)])
def test_what_is_asked_for_is_done(asked, expected):
    world = making.serving(serving={"rollout": {"strategy": asked}})
    assert strategy(world) == expected


def waiting(*, words="0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", asked="auto", serving=GPU):
    """A second revision comes, and its first server finds no node."""
    world = making.serving(serving={**serving, "replicas": 2})
    revising.pod(world, number=9, ready=True)
    revising.serve(world, **serving, **revising.SECOND, replicas=2, rollout={"strategy": asked})
    making.roll(world, updated=1)
    revising.pod(world, **making.unscheduled(words))
    return world, world.reconcile()


def test_with_every_gpu_taken_servers_are_replaced_one_by_one_and_the_status_says_so():
    world, status = waiting()
    assert strategy(world) == ONE_BY_ONE
    assert status["rollout"]["strategy"] == "recreate"
    assert "Insufficient nvidia.com/gpu" in status["rollout"]["message"]
    assert "one at a time" in status["rollout"]["message"]


def test_once_begun_it_is_gone_on_with():
    world, _ = waiting()
    world.drop(world.find(kinds.POD, "digits-0"))
    making.roll(world, updated=1)
    status = world.reconcile()
    assert strategy(world) == ONE_BY_ONE
    assert status["rollout"]["message"]


def test_the_next_rollout_chooses_anew():
    world, _ = waiting()
    world.drop(world.find(kinds.POD, "digits-0"))
    making.roll(world)
    world.reconcile()
    status = revising.serve(world, **GPU, **revising.THIRD, replicas=2)
    assert strategy(world) == SURGE
    assert status["rollout"]["strategy"] == "rolling"
    assert "message" not in status["rollout"] or not status["rollout"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"words": "0/1 nodes are available: 1 node(s) had untolerated taint."},
        {"words": "0/1 nodes are available: 1 Insufficient cpu.", "serving": {}},
        {"asked": "rolling"},
    ],
    ids=["another cause", "no GPU", "rolling was asked for"],
)
def test_otherwise_it_waits(fields):
    world, _ = waiting(**fields)
    assert strategy(world) == SURGE


def test_a_first_server_without_a_gpu_has_nobody_to_take_it_from():
    world = making.world(serving=GPU)
    making.start_build(world)
    making.build_well(world)
    world.reconcile()
    making.roll(world, ready=0)
    revising.pod(world, **making.unscheduled())
    status = world.reconcile()
    assert strategy(world) == SURGE
    assert revising.ready(status) == "False/Unschedulable"


@pytest.mark.parametrize(("room", "expected"), [(False, ONE_BY_ONE), (True, SURGE), (None, SURGE)])
def test_room_is_looked_up_before_a_server_is_started(room, expected):
    world = making.serving(serving=GPU)
    world.put(making.model_deployment(serving={**GPU, **revising.SECOND}))
    observed = dataclasses.replace(world.observe("digits"), room=room)
    decision = deciding.decide(observed, world.now)
    server = next(one for one in decision.objects if one["kind"] == "Deployment")
    assert server["spec"]["strategy"]["rollingUpdate"] == expected
    if room is False:
        assert "With one server the model is away meanwhile" in decision.status["rollout"]["message"]


def test_a_model_on_the_cpu_is_never_taken_away_for_want_of_a_gpu():
    world = making.serving()
    world.put(making.model_deployment(serving=revising.SECOND))
    decision = deciding.decide(dataclasses.replace(world.observe("digits"), room=False), world.now)
    server = next(one for one in decision.objects if one["kind"] == "Deployment")
    assert server["spec"]["strategy"]["rollingUpdate"] == SURGE


@pytest.mark.parametrize(
    "wish",
    [
        {"gpu": {"count": 2}},
        {"gpu": {"count": 1, "product": "NVIDIA-H100"}},
        {"gpu": {"count": 1, "resourceName": "example.com/gpu"}},
        {"gpu": {"count": 1}, "nodeSelector": {"rack": "7"}},
    ],
    ids=["more of them", "of another kind", "of another maker", "elsewhere"],
)
@pytest.mark.parametrize("seen", ["looked up", "the scheduler's word"])
def test_nobody_is_stopped_for_one_who_could_not_take_its_place(wish, seen):
    world = making.serving(serving=GPU)
    revising.pod(world, number=9, ready=True)
    world.put(making.model_deployment(serving=wish))
    if seen == "the scheduler's word":
        world.reconcile()
        making.roll(world)
        world.find(kinds.DEPLOYMENT)["status"] |= {"replicas": 2, "updatedReplicas": 1}
        words = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu, 1 Insufficient example.com/gpu."
        revising.pod(world, **making.unscheduled(words))
    observed = dataclasses.replace(world.observe("digits"), room=False)
    decision = deciding.decide(observed, world.now)
    server = next(one for one in decision.objects if one["kind"] == "Deployment")
    assert server["spec"]["strategy"]["rollingUpdate"] == SURGE
