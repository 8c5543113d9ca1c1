"""A PodDisruptionBudget where it can protect something: where more than one server is wanted."""

import pytest
from pure import making, worlds

from model_operator import kinds

BUDGET = kinds.POD_DISRUPTION_BUDGET
KEY = kinds.Key(BUDGET, worlds.NAMESPACE, "digits")
THEIRS = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "digits"}, "spec": {}}


class Watched(worlds.World):
    """Notes which names are asked for."""

    asked: tuple[kinds.Key, ...] = ()

    async def taken(self, key):
        self.asked = (*self.asked, key)
        return await super().taken(key)


def serving(replicas):
    return making.serving(serving={"replicas": replicas})


def scale(world, replicas, **parts):
    world.put(making.model_deployment(serving={"replicas": replicas}, **parts))
    return world.reconcile()


def foreign(replicas):
    world = making.world(serving={"replicas": replicas})
    world.put(THEIRS)
    return world


@pytest.mark.parametrize(("replicas", "count"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_there_is_one_for_more_than_one_server(replicas, count):
    assert len(serving(replicas).all(BUDGET)) == count


def test_nothing_is_said_of_servers_and_there_is_none():
    assert making.serving().all(BUDGET) == []


@pytest.mark.parametrize(("replicas", "count"), [(1, 0), (2, 1)])
def test_it_does_not_wait_for_an_artifact(replicas, count):
    world = making.world(serving={"replicas": replicas})
    world.reconcile()
    assert world.all(kinds.DEPLOYMENT) == []
    assert len(world.all(BUDGET)) == count


@pytest.mark.parametrize("replicas", [1, 0])
def test_with_one_server_or_none_it_goes(replicas):
    world = serving(3)
    scale(world, replicas)
    assert world.all(BUDGET) == []
    assert world.decision.garbage == ()


def test_without_an_artifact_it_goes_too():
    world = making.world(serving={"replicas": 3})
    world.reconcile()
    scale(world, 1)
    assert world.all(BUDGET) == []


def test_while_suspended_it_goes_too():
    world = serving(3)
    scale(world, 1, suspend=True)
    assert world.find(kinds.DEPLOYMENT)["spec"]["replicas"] == 1
    assert world.all(BUDGET) == []


def test_with_a_second_server_it_comes():
    world = serving(1)
    scale(world, 2)
    assert world.find(BUDGET)["spec"]["maxUnavailable"] == 1


def test_one_of_somebody_else_does_not_matter_to_a_single_server():
    world = foreign(1)
    assert worlds.brief(world.reconcile())["Accepted"] == "True/Accepted"
    assert world.find(BUDGET)["spec"] == {}


def test_one_of_somebody_else_is_in_the_way_of_two():
    world = foreign(2)
    assert worlds.brief(world.reconcile())["Accepted"] == "False/NameTaken"
    assert world.find(BUDGET)["spec"] == {}


def test_one_that_somebody_else_controls_is_neither_in_the_way_nor_garbage():
    world = serving(2)
    owners = [{"kind": "ModelDeployment", "name": "other", "uid": "another", "controller": True}]
    world.find(BUDGET)["metadata"]["ownerReferences"] = owners
    assert worlds.brief(scale(world, 1))["Accepted"] == "True/Accepted"
    assert world.find(BUDGET)["metadata"]["ownerReferences"] == owners


@pytest.mark.parametrize(("replicas", "asked"), [(1, False), (2, True)])
def test_its_name_is_asked_for_where_it_is_used(replicas, asked):
    world = Watched()
    world.config_map()
    world.put(making.model_deployment(serving={"replicas": replicas}))
    world.observe("digits")
    assert (KEY in world.asked) == asked
    assert kinds.Key(kinds.SERVICE, worlds.NAMESPACE, "digits") in world.asked
