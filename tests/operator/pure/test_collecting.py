"""Artifacts that nothing needs: what must stay, when a Job is made, and that nothing is written when nothing is due."""

import asyncio
import copy
import datetime as dt
import hashlib
import re

import hypothesis
import pytest
from hypothesis import strategies as st
from pure import making, restricted, worlds

from model_operator import errors, kinds, names
from model_operator.deployments import collecting, keeping, state
from model_operator.deployments.manifests import collection

A, B = "alpha", "beta"
OTHER = "sha256:" + "c" * 64
RECORD = keeping.record_name(names.ARTIFACT_CLAIM)


def rounds(world, count=3):
    for _ in range(count):
        for one in list(world.all(kinds.MODEL_DEPLOYMENT)):
            world.reconcile(one["metadata"]["name"])


def serve(world, name, **fields):
    """Bring one to Ready, with an artifact of its own."""
    making.start_build(world, name)
    making.build_well(world, **fields)
    world.reconcile(name)
    making.roll(world, name)
    world.reconcile(name)


def two(artifact=None):
    """alpha serves ARTIFACT, beta serves OTHER, on one claim."""
    world = making.world(name=A, **({"artifact": artifact} if artifact else {}))
    serve(world, A)
    world.put(making.model_deployment(B, build={}, **({"artifact": artifact} if artifact else {})))
    serve(world, B, artifact=OTHER)
    rounds(world)
    return world


def delete(world, name):
    """Deleted by a person; Kubernetes collects what it alone owned, and takes it off the lists of owners."""
    gone = world.find(kinds.MODEL_DEPLOYMENT, name)
    world.drop(gone)
    uid = gone["metadata"]["uid"]
    for one in list(world.objects.values()):
        owners = one["metadata"].get("ownerReferences", [])
        left = [owner for owner in owners if owner["uid"] != uid]
        if owners and not left:
            world.drop(one)
        elif owners:
            one["metadata"]["ownerReferences"] = left


def job(world):
    """The collecting Job, or None."""
    found = [one for one in world.all(kinds.JOB) if one["metadata"]["labels"].get(names.COMPONENT_LABEL) == "gc"]
    assert len(found) < 2
    return found[0] if found else None


def kept(world):
    return collection.read(world.find(kinds.CONFIG_MAP, RECORD)).keep


def end(manifest, type_="Complete", **condition):
    manifest["status"] = {"conditions": [{"type": type_, "status": "True", **condition}]}


def test_while_everything_is_needed_nothing_is_written_and_nothing_waits_for_a_time():
    world = two()
    before = copy.deepcopy(world.objects)
    rounds(world)
    assert world.objects == before
    assert world.decision.requeue_after is None
    assert not [key for key in world.objects if key.name.startswith("gc-")]


class Meanwhile(worlds.World):
    """While alpha's source is read, beta is made and looked at, and is written on the claim."""

    async def shown(self, key, cause, show):
        if len(self.all(kinds.MODEL_DEPLOYMENT)) == 1:
            self.put(making.model_deployment(B, build={}))
            await asyncio.to_thread(self.reconcile, B)
        return await super().shown(key, cause, show)


def test_one_who_comes_while_another_waits_for_an_answer_has_not_left():
    world = making.world(name=A)
    making.start_build(world, A)
    world.__class__ = Meanwhile
    seen = world.observe(A)
    users = seen.claim["metadata"]["annotations"][names.USERS].split(",")
    assert len(users) == 2
    assert set(users) == collecting.short((seen.resource, *seen.siblings))


def test_after_one_is_deleted_what_the_others_need_is_kept():
    world = two()
    delete(world, A)
    rounds(world)
    made = job(world)
    assert made["metadata"]["name"] == f"{RECORD}-1"
    assert kept(world) == {OTHER}


def test_the_job_is_told_the_list_of_its_run_and_to_leave_what_came_later():
    world = two()
    delete(world, A)
    wanted = world.now
    world.reconcile(B)
    [container] = job(world)["spec"]["template"]["spec"]["containers"]
    assert "--run=1" in container["command"]
    [before] = [word.partition("=")[2] for word in container["command"] if word.startswith("--before=")]
    assert abs(dt.datetime.fromisoformat(before) + collection.GRACE - wanted) < dt.timedelta(seconds=5)
    assert restricted.violations(job(world)["spec"]["template"]["spec"]) == []


def test_its_pod_is_no_server():
    world = two()
    delete(world, A)
    world.reconcile(B)
    labels = job(world)["spec"]["template"]["metadata"]["labels"]
    assert names.DEPLOYMENT_LABEL not in labels
    assert job(world)["metadata"]["labels"][names.DEPLOYMENT_LABEL] == B


def test_once_it_runs_nothing_more_is_written():
    world = two()
    delete(world, A)
    rounds(world)
    end(job(world))
    before = copy.deepcopy(world.objects)
    rounds(world)
    assert world.objects == before
    assert world.decision.requeue_after is None


def test_a_job_that_is_collected_by_its_ttl_is_not_made_again():
    world = two()
    delete(world, A)
    rounds(world)
    world.drop(job(world))
    rounds(world)
    assert job(world) is None


def test_an_operator_that_ends_between_the_list_and_the_job_makes_the_job():
    world = two()
    delete(world, A)
    world.reconcile(B)
    world.drop(job(world))
    record = world.find(kinds.CONFIG_MAP, RECORD)
    record["data"]["keep"] += "run-1\n"
    world.reconcile(B)
    assert job(world) is None, "not at once: it may have been made a moment ago"
    world.now += collecting.INTERVAL
    world.reconcile(B)
    assert job(world)["metadata"]["name"] == f"{RECORD}-2"


def test_an_operator_that_was_away_notices_by_the_claim():
    """Nobody saw the deletion: the claim still says who used it."""
    world = two()
    claim = world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    users = claim["metadata"]["annotations"][names.USERS]
    delete(world, A)
    assert claim["metadata"]["annotations"][names.USERS] == users
    world.reconcile(B)
    assert job(world)


def test_a_revision_beyond_the_limit_goes_with_its_artifact():
    world = making.world(artifact={"historyLimit": 1})
    serve(world, "digits")
    world.put(making.model_deployment(build={}, artifact={"historyLimit": 1}))
    serve(world, "digits", artifact=OTHER)
    rounds(world)
    [revision] = world.all(kinds.CONTROLLER_REVISION)
    assert revision["data"]["artifact"] == OTHER
    assert [entry["artifact"] for entry in world.find(kinds.MODEL_DEPLOYMENT)["status"]["history"]] == [OTHER]
    assert job(world)
    assert kept(world) == {OTHER}


def test_a_revision_that_differs_in_its_settings_alone_takes_nothing_along():
    world = making.serving(artifact={"historyLimit": 1})
    world.put(
        making.model_deployment(artifact={"historyLimit": 1}, serving={"replicas": 2, "nodeSelector": {"a": "b"}})
    )
    world.reconcile()
    making.roll(world)
    world.reconcile()
    assert len(world.all(kinds.CONTROLLER_REVISION)) == 1
    assert not [key for key in world.objects if key.name == RECORD]


def test_within_the_limit_one_may_go_back_so_all_is_kept():
    world = making.world()
    serve(world, "digits")
    world.put(making.model_deployment(build={}))
    serve(world, "digits", artifact=OTHER)
    rounds(world)
    assert len(world.all(kinds.CONTROLLER_REVISION)) == 2
    assert job(world) is None


def test_not_while_a_build_runs_into_that_store():
    world = two()
    world.put(making.model_deployment("gamma", build={"gate": {"maxDrop": {"f1": 0.5}}}))
    making.start_build(world, "gamma")
    delete(world, A)
    world.reconcile(B)
    assert job(world) is None
    assert world.decision.requeue_after == collecting.POLL
    making.build_well(world, artifact="sha256:" + "d" * 64)
    world.reconcile(B)
    assert kept(world) == {OTHER, "sha256:" + "d" * 64}
    assert job(world)


def test_not_before_kubernetes_has_collected_what_the_deleted_one_owned():
    world = two()
    gone = world.find(kinds.MODEL_DEPLOYMENT, A)
    world.drop(gone)
    world.reconcile(B)
    assert job(world) is None
    assert world.decision.requeue_after == collecting.SHORTLY


def test_what_was_left_behind_on_purpose_is_kept():
    """kubectl delete --cascade=orphan: the servers go on, and nobody owns them."""
    world = two()
    world.drop(world.find(kinds.MODEL_DEPLOYMENT, A))
    for one in world.objects.values():
        references = one["metadata"].get("ownerReferences", [])
        one["metadata"]["ownerReferences"] = [owner for owner in references if owner["name"] != A]
        if not one["metadata"]["ownerReferences"]:
            del one["metadata"]["ownerReferences"]
    rounds(world)
    for revision in world.all(kinds.CONTROLLER_REVISION):
        if revision["data"]["artifact"] == making.ARTIFACT:
            world.drop(revision)
    for build in world.all(kinds.MODEL_BUILD):
        if build["status"]["artifact"]["digest"] == making.ARTIFACT:
            world.drop(build)
    world.now += collecting.INTERVAL
    rounds(world)
    assert {making.ARTIFACT, OTHER} <= kept(world), "its Deployment still mounts it"


def test_two_deletions_within_minutes_are_two_jobs_ten_minutes_apart():
    world = two()
    world.put(making.model_deployment("gamma", build={"gate": {"maxDrop": {"f1": 0.5}}}))
    serve(world, "gamma", artifact="sha256:" + "d" * 64)
    delete(world, A)
    rounds(world)
    end(job(world))
    delete(world, "gamma")
    rounds(world)
    assert job(world)["metadata"]["name"].endswith("-1")
    assert 0 < world.decision.requeue_after <= collecting.INTERVAL.total_seconds()
    world.now += collecting.INTERVAL
    world.drop(job(world))
    rounds(world)
    assert job(world)["metadata"]["name"].endswith("-2")
    assert kept(world) == {OTHER}


def test_one_that_fails_is_told_once_and_tried_again_in_an_hour():
    world = two()
    delete(world, A)
    rounds(world)
    end(job(world), "Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    rounds(world)
    told = [event for event in world.log if event.reason == "CollectionFailed"]
    assert len(told) == 1
    assert "backoff limit" in told[0].message
    world.drop(job(world))
    world.now += collecting.INTERVAL
    rounds(world)
    assert job(world) is None
    world.now += collecting.RETRY
    rounds(world)
    assert job(world)["metadata"]["name"].endswith("-2")


def test_on_a_claim_of_somebody_elses_nothing_is_removed_unasked():
    world = making.world(name=A)
    world.put(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": names.ARTIFACT_CLAIM}, "spec": {}}
    )
    serve(world, A)
    world.put(making.model_deployment(B, build={}))
    serve(world, B, artifact=OTHER)
    delete(world, A)
    rounds(world)
    assert job(world) is None
    assert not [key for key in world.objects if key.name == RECORD]


def test_on_a_claim_of_somebody_elses_it_is_when_everybody_asks_for_it():
    world = making.world(name=A, artifact={"reclaimPolicy": "Delete"})
    world.put(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": names.ARTIFACT_CLAIM}, "spec": {}}
    )
    serve(world, A)
    world.put(making.model_deployment(B, build={}, artifact={"reclaimPolicy": "Delete"}))
    serve(world, B, artifact=OTHER)
    rounds(world)
    delete(world, A)
    rounds(world)
    assert job(world)
    assert kept(world) == {OTHER}


def test_one_who_retains_keeps_all_from_being_removed():
    world = two()
    world.put(making.model_deployment("gamma", artifact={"reclaimPolicy": "Retain"}))
    rounds(world)
    delete(world, A)
    rounds(world)
    assert job(world) is None


def test_an_artifact_that_is_needed_anywhere_in_the_namespace_is_kept_everywhere():
    """gamma keeps the same artifact in a registry: a digest says nothing about the store."""
    world = two()
    world.put(making.model_deployment("gamma", artifact=making.REGISTRY))
    serve(world, "gamma")
    delete(world, A)
    rounds(world)
    assert job(world) is None or making.ARTIFACT in kept(world)


def test_a_list_that_is_too_long_is_not_cut(monkeypatch):
    world = two()
    monkeypatch.setattr(collecting, "MOST", 0)
    delete(world, A)
    rounds(world)
    assert job(world) is None


@pytest.mark.parametrize("data", [{}, {"keep": "x y", "run": "many", "at": "yesterday", "users": ","}])
def test_a_record_that_somebody_spoilt_is_written_anew(data):
    world = two()
    delete(world, A)
    rounds(world)
    world.drop(job(world))
    world.find(kinds.CONFIG_MAP, RECORD)["data"] = data
    rounds(world)
    assert data == {} or kept(world) == {OTHER}


def test_a_job_that_may_not_be_made_is_told_and_keeps_nobody_from_serving():
    world = two()
    world.refuse[kinds.JOB] = errors.ApiError(403, "Forbidden", "exceeded quota: count/jobs.batch=0")
    delete(world, A)
    status = world.reconcile(B)
    assert worlds.brief(status)["Ready"] == "True/Serving"
    assert {"CollectionFailed"} <= {event.reason for event in world.log}


def test_the_oldest_user_cleans_up_and_everybody_finds_the_same():
    world = two()
    found = {name: keeping.is_collector(world.observe(name), names.ARTIFACT_CLAIM) for name in (A, B)}
    assert found == {A: True, B: False}
    assert world.observe(B).around is None
    assert isinstance(world.observe(A).around, state.Surroundings)


# whatever people do


steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["none", "f1", "accuracy", "delete", "wait"])), max_size=9
)


@hypothesis.settings(max_examples=25)
@hypothesis.given(steps)
def test_whatever_people_do_no_list_lacks_what_serves_builds_or_may_be_gone_back_to(done):
    world = making.world(name="keeper")
    serve(world, "keeper", artifact=digest_of("keeper"))
    for name, what in done:
        act(world, name, what)
        rounds(world)
        for one in collectors(world):
            if not one.get("status"):
                assert wanted(world) <= kept(world) | {None}, what
                end(one)
    world.now += collecting.RETRY
    rounds(world)
    before = copy.deepcopy(world.objects)
    rounds(world)
    assert world.objects == before


def act(world, name, what):
    there = any(one["metadata"]["name"] == name for one in world.all(kinds.MODEL_DEPLOYMENT))
    match what:
        case "wait":
            world.now += collecting.INTERVAL
        case "delete":
            if there:
                delete(world, name)
        case _:
            build = {} if what == "none" else {"evaluation": {"data": {"file": "test.npz"}, "metrics": [what]}}
            world.put(making.model_deployment(name, build=build, artifact={"historyLimit": 2}))
            asked = making.start_build(world, name)
            if world.all(kinds.JOB)[-1]["metadata"]["labels"].get(names.BUILD_LABEL) == asked and not world.find(
                kinds.MODEL_BUILD, asked
            )["status"].get("artifact"):
                making.build_well(world, artifact=digest_of(asked))
            world.reconcile(name)
            making.roll(world, name)
            world.reconcile(name)


def digest_of(name):
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def collectors(world):
    return [one for one in world.all(kinds.JOB) if one["metadata"]["labels"].get(names.COMPONENT_LABEL) == "gc"]


def wanted(world):
    """What must not be removed, read off the cluster in another way than the operator does."""
    mounted = re.findall(r"'subPath': 'artifacts/([0-9a-f]{64})'", str(world.all(kinds.DEPLOYMENT)))
    builds = {(one.get("status", {}).get("artifact") or {}).get("digest") for one in world.all(kinds.MODEL_BUILD)}
    back = {one["data"]["artifact"] for one in world.all(kinds.CONTROLLER_REVISION)}
    return {f"sha256:{name}" for name in mounted} | builds | back
