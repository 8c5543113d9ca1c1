"""Every container that the operator makes says what it asks for: a ResourceQuota refuses pods that do not."""

import itertools

import pytest
from pure import making, test_collecting, test_finalizing, test_pods

from model_operator import kinds

#: What a namespace may count, and the fields that then speak of it.
COUNTED = {"cpu": "2", "ephemeral-storage": "4Gi"}


def collecting(**parts):
    """The Job that removes what nobody needs from a claim."""
    world = test_collecting.two()
    for one in world.all(kinds.MODEL_DEPLOYMENT):
        world.put({**one, "spec": {**one["spec"], **parts}})
    test_collecting.rounds(world)
    test_collecting.delete(world, test_collecting.B)
    test_collecting.rounds(world)
    return test_collecting.job(world)


def removing(**parts):
    """The Job that deletes from a registry."""
    world = test_finalizing.delete(test_finalizing.served(**parts))
    world.reconcile()
    [job] = test_finalizing.jobs(world)
    return job


def pods(**asked):
    """Every pod there is, by its name."""
    parts = {"build": {"resources": asked}, "serving": {"resources": asked}} if asked else {}
    for name, spec in test_pods.SPECS.items():
        world = making.world(**{**spec, **{part: {**spec.get(part, {}), **said} for part, said in parts.items()}})
        making.start_build(world)
        yield f"build {name}", world.find(kinds.JOB)
        making.build_well(world)
        world.reconcile()
        yield f"servers {name}", world.find(kinds.DEPLOYMENT)
    build = {"build": parts["build"]} if parts else {}
    yield "collecting", collecting(**build)
    yield "removing", removing(**build)


def containers(**asked):
    """Ours: those that a podTemplate adds are its writer's."""
    for name, owner in pods(**asked):
        pod = owner["spec"]["template"]["spec"]
        for container in itertools.chain(pod.get("initContainers", ()), pod["containers"]):
            if container["name"] != "mirror":
                yield f"{name}: {container['name']}", container["resources"]


def test_every_container_asks_for_cpu_and_memory_and_limits_its_memory():
    found = dict(containers())
    assert len(found) > 40
    for name, resources in found.items():
        assert resources["requests"].keys() >= {"cpu", "memory"}, name
        assert "memory" in resources["limits"], name


def test_no_container_is_throttled_unasked():
    """But where a row asks for it."""
    throttled = {name for name, resources in containers() if "cpu" in resources["limits"]}
    assert {name.partition(":")[0] for name in throttled} == {
        "build with GPUs and everything",
        "servers with settings of Triton",
    }


@pytest.mark.parametrize("resource", COUNTED)
def test_what_a_person_limits_is_limited_in_every_container(resource):
    for name, resources in containers(limits={resource: COUNTED[resource]}):
        assert resource in resources["limits"], name
        assert resource in resources["requests"], name


def test_what_a_person_asks_of_the_disk_is_asked_for_in_every_container():
    for name, resources in containers(requests={"ephemeral-storage": "2Gi"}):
        assert "ephemeral-storage" in resources["requests"], name
        assert "ephemeral-storage" not in resources["limits"], name


def test_what_triton_may_write_is_held_against_its_own_limit():
    """And not against that of all containers together."""
    for name, owner in pods(limits={"ephemeral-storage": "4Gi"}):
        if name.startswith("servers"):
            volumes = {one["name"]: one.get("emptyDir") for one in owner["spec"]["template"]["spec"]["volumes"]}
            assert volumes["tmp-triton"] == {"sizeLimit": "4Gi"}, name
            assert volumes["tmp-sentinel"] == {}, name
