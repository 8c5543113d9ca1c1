"""What every release left in clusters is left as it is by the present operator, with newer images and asked nothing.

`UPDATE_RELEASE=v1.2.3` writes the folder of a release (docs/upgrading.md says when).
"""

import copy
import os

import pytest
from pure import making, worlds

from model_operator import comparing, kinds, names
from model_operator.builds import deciding as build_deciding
from model_operator.deployments import deciding
from releases import objects

if os.environ.get("UPDATE_RELEASE"):
    objects.write(os.environ["UPDATE_RELEASE"])

LEFT = [(version, case) for version in objects.releases() for case in objects.cases(version)]
every_world = pytest.mark.parametrize(("version", "case"), LEFT, ids=["-".join(each) for each in LEFT])
#: In these no build has ended well: the newer builder may do what the older could not.
BUILDS_WITH_THE_UPDATE = {"failed", "building"}


def found(version, case):
    """What a release left, under an operator with other images."""
    world = objects.read(version, case)
    making.upgrade(world)
    return world


def decisions(world):
    """Each resource of ours, and what is decided about it."""
    for resource in world.all(kinds.MODEL_BUILD):
        yield resource, build_deciding.decide(world.observe_build(resource["metadata"]["name"]), world.now)
    for resource in world.all(kinds.MODEL_DEPLOYMENT):
        yield resource, deciding.decide(world.observe(resource["metadata"]["name"]), world.now)


def writes(world, desired):
    """Whether an object would be written."""
    live = world.objects.get(kinds.key_of(desired, kinds.of_manifest(desired)))
    return live is None or (desired["kind"] != kinds.JOB.kind and comparing.differs(desired, live))


def without_update(status):
    conditions = [one for one in status["conditions"] if one["type"] != "UpdateAvailable"]
    return {**status, "conditions": conditions}


def children(world):
    return copy.deepcopy({key: one for key, one in world.objects.items() if key.kind not in kinds.OWN})


@every_world
def test_no_object_is_written_and_none_removed(version, case):
    world = found(version, case)
    for resource, decision in decisions(world):
        written = [f"{one['kind']} {one['metadata']['name']}" for one in decision.objects if writes(world, one)]
        assert written == [], resource["kind"]
        assert decision.garbage == ()
        assert decision.events == ()


@every_world
def test_of_a_status_nothing_changes_but_what_is_available(version, case):
    for resource, decision in decisions(found(version, case)):
        assert not comparing.status_differs(without_update(decision.status), resource["status"])
        if resource["kind"] == names.DEPLOYMENT_KIND:
            assert worlds.condition(decision.status, "UpdateAvailable")


@every_world
def test_with_the_images_of_then_not_even_the_status_is_written(version, case):
    for resource, decision in decisions(objects.read(version, case)):
        assert not comparing.status_differs(decision.status, resource["status"])


@every_world
def test_asking_for_the_update_runs_a_build_only_where_none_ended_well(version, case):
    world = found(version, case)
    jobs = [one["metadata"]["name"] for one in world.all(kinds.JOB)]
    _annotate(world, names.UPGRADED_AT, "now")
    name = world.reconcile()["build"]["name"]
    world.reconcile_build(name)
    new = {one["metadata"]["name"] for one in world.all(kinds.JOB)} - set(jobs)
    assert bool(new) == (case in BUILDS_WITH_THE_UPDATE)


@every_world
def test_an_operator_of_then_that_comes_back_finds_everything_in_place(version, case):
    world = found(version, case)
    before = children(world)
    world.reconcile()
    making.upgrade(world, triton=worlds.IMAGES.triton)
    status = world.reconcile()
    assert worlds.condition(status, "UpdateAvailable") is None
    assert children(world) == before


@pytest.mark.parametrize("version", objects.releases())
def test_the_files_are_as_they_were_written(version):
    for case in objects.cases(version):
        world = objects.read(version, case)
        assert world.applied
        for key, wish in world.applied.items():
            assert world.objects[key]["metadata"]["annotations"][names.APPLIED] == comparing.digest(wish), key


def test_there_is_a_release_and_it_has_every_case_of_today():
    newest = objects.releases()[-1]
    assert set(objects.cases(newest)) == set(objects.CASES), "UPDATE_RELEASE=<next version>.dev writes all of today"


def test_versions_are_ordered_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "FOLDER", tmp_path)
    for version in ("v0.10.0", "v0.2.0", "v0.10.0.dev"):
        (tmp_path / version).mkdir()
    assert objects.releases() == ["v0.2.0", "v0.10.0.dev", "v0.10.0"]


def test_a_release_is_never_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr(objects, "FOLDER", tmp_path)
    (tmp_path / "v1.0.0").mkdir()
    with pytest.raises(SystemExit, match="never written again"):
        objects.write("v1.0.0")


def _annotate(world, annotation, value):
    [resource] = world.all(kinds.MODEL_DEPLOYMENT)
    resource["metadata"].setdefault("annotations", {})[annotation] = value
