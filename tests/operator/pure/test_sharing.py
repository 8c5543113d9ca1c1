"""Two ModelDeployments that ask the same: one build, one claim, and nobody undoes what the other did."""

import copy

from pure import making, worlds

from model_operator import kinds, names

A, B = "alpha", "beta"


def two(**parts_of_b):
    world = making.world(name=A)
    world.put(making.model_deployment(B, **parts_of_b))
    return world


def rounds(world, count=3):
    for _ in range(count):
        for name in (A, B):
            if any(one["metadata"]["name"] == name for one in world.all(kinds.MODEL_DEPLOYMENT)):
                world.reconcile(name)


def owners(manifest):
    return [owner["name"] for owner in manifest["metadata"]["ownerReferences"]]


def test_they_share_one_build_and_one_claim():
    world = two()
    rounds(world)
    assert owners(world.find(kinds.MODEL_BUILD)) == [A, B]
    assert owners(world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)) == [A, B]
    assert not any("controller" in owner for owner in world.find(kinds.MODEL_BUILD)["metadata"]["ownerReferences"])


def test_they_come_to_rest():
    world = two(build={"evaluation": {"data": {"file": "test.npz"}}, "timeout": "5m"}, requested_at="2026-01-01")
    rounds(world)
    before = copy.deepcopy(world.objects)
    rounds(world, 1)
    assert world.objects == before


def test_the_build_runs_as_the_oldest_says_and_as_new_as_anyone_asked():
    world = two(build={"evaluation": {"data": {"file": "test.npz"}}, "timeout": "5m"})
    rounds(world)
    world.put(making.model_deployment(B, requested_at="2026-01-01"))
    rounds(world)
    assert world.find(kinds.MODEL_BUILD)["spec"]["execution"] == {"requestedAt": "2026-01-01"}


def test_it_is_suspended_when_all_are():
    world = two()
    rounds(world)
    world.put(making.model_deployment(A, suspend=True))
    rounds(world)
    assert "execution" not in world.find(kinds.MODEL_BUILD)["spec"]
    world.put(making.model_deployment(B, suspend=True))
    rounds(world)
    assert world.find(kinds.MODEL_BUILD)["spec"]["execution"] == {"suspend": True}


def test_one_artifact_serves_both_under_their_own_names():
    world = two()
    rounds(world)
    world.reconcile_build()
    making.build_well(world)
    rounds(world)
    assert {one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)} == {A, B}


def test_who_asks_for_something_else_leaves_the_build_to_the_others():
    world = two()
    rounds(world)
    world.put(making.model_deployment(B, build={}))
    rounds(world)
    found = {tuple(owners(one)) for one in world.all(kinds.MODEL_BUILD)}
    assert found == {(A,), (B,)}


def test_who_still_serves_it_keeps_owning_it():
    world = two()
    rounds(world)
    world.reconcile_build()
    making.build_well(world)
    rounds(world)
    for name in (A, B):
        making.roll(world, name)
    rounds(world)
    shared = world.find(kinds.MODEL_BUILD)["metadata"]["name"]
    world.put(making.model_deployment(B, build={}))
    rounds(world)
    assert owners(world.find(kinds.MODEL_BUILD, shared)) == [A, B]


def test_an_owner_that_is_gone_is_dropped():
    world = two()
    rounds(world)
    world.drop(world.find(kinds.MODEL_DEPLOYMENT, B))
    rounds(world)
    assert owners(world.find(kinds.MODEL_BUILD)) == [A]
    assert owners(world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)) == [A]


def test_a_lost_owner_is_found_again():
    """Both write at once, and the second does not know of the first."""
    world = two()
    rounds(world)
    build = world.find(kinds.MODEL_BUILD)
    build["metadata"]["ownerReferences"] = build["metadata"]["ownerReferences"][1:]
    world.reconcile(B)
    assert owners(world.find(kinds.MODEL_BUILD)) == [A, B]


def test_a_sibling_that_changed_and_was_not_looked_at_does_not_change_how_the_build_runs():
    world = two()
    rounds(world)
    attempt = world.find(kinds.MODEL_BUILD)["spec"].get("execution")
    changed = {"resources": {"limits": {"memory": "64Gi"}}}
    world.put(making.model_deployment(A, build=changed))
    world.reconcile(B)
    assert world.find(kinds.MODEL_BUILD)["spec"].get("execution") == attempt


def test_namespaces_never_share():
    world = two()
    rounds(world)
    assert {key.namespace for key in world.objects} == {worlds.NAMESPACE}
