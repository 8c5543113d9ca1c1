"""A ModelDeployment whose artifacts in a registry go with it: how it ends, and that it always does."""

import copy
import datetime as dt

import pytest
from pure import making, restricted, worlds

from model_operator import kinds, names
from model_operator.deployments import finalizing

OTHER = "sha256:" + "c" * 64
DELETES = {**making.REGISTRY, "reclaimPolicy": "Delete"}


def served(artifact=DELETES, **parts):
    return making.serving(artifact=artifact, **parts)


def resource(world, name="digits"):
    return world.find(kinds.MODEL_DEPLOYMENT, name)


def delete(world, name="digits"):
    """Deleted by a person; one that waits for nothing is gone at once."""
    found = resource(world, name)
    found["metadata"]["deletionTimestamp"] = world.now.isoformat()
    if not found["metadata"].get("finalizers"):
        world.drop(found)
    return world


def jobs(world):
    return [one for one in world.all(kinds.JOB) if one["metadata"]["labels"].get(names.COMPONENT_LABEL) == "gc"]


def removed(job):
    [container] = job["spec"]["template"]["spec"]["containers"]
    return [word.partition("=")[2] for word in container["command"] if word.startswith("--remove=")]


def end(job, type_="Complete", **condition):
    job["status"] = {"conditions": [{"type": type_, "status": "True", **condition}]}


def is_gone(world, name="digits"):
    return not [one for one in world.all(kinds.MODEL_DEPLOYMENT) if one["metadata"]["name"] == name]


@pytest.mark.parametrize(
    "artifact", [{}, {"reclaimPolicy": "Delete"}, making.REGISTRY, {**making.REGISTRY, "reclaimPolicy": "Retain"}]
)
def test_nobody_else_waits_for_us(artifact):
    assert not resource(served(artifact))["metadata"].get("finalizers")


def test_it_waits_for_us_before_anything_is_built():
    world = making.world(artifact=DELETES)
    assert world.observe("digits").resource["metadata"].get("finalizers") is None
    world.reconcile()
    assert resource(world)["metadata"]["finalizers"] == [names.FINALIZER]


def test_once_it_retains_it_waits_no_more():
    world = served()
    world.put({**making.model_deployment(artifact=making.REGISTRY), "metadata": resource(world)["metadata"]})
    world.reconcile()
    assert resource(world)["metadata"]["finalizers"] == []


def test_a_spec_that_nobody_understands_leaves_the_finalizer_alone():
    world = served()
    resource(world)["spec"]["serving"] = {"turbo": True}
    world.reconcile()
    assert resource(world)["metadata"]["finalizers"] == [names.FINALIZER]


def test_its_artifact_is_deleted_and_then_it_goes():
    world = delete(served())
    world.reconcile()
    [job] = jobs(world)
    assert removed(job) == [making.ARTIFACT]
    assert not is_gone(world)
    end(job)
    world.reconcile()
    assert is_gone(world)


def test_the_job_has_the_rights_to_write_and_is_restricted_and_nobodys_child():
    world = delete(served())
    world.reconcile()
    [job] = jobs(world)
    pod = job["spec"]["template"]["spec"]
    assert restricted.violations(pod) == []
    assert {"name": "registry", "secret": {"secretName": "push", "items": pod["volumes"][0]["secret"]["items"]}} in pod[
        "volumes"
    ]
    assert "ownerReferences" not in job["metadata"], "a deletion in the foreground would take it first"
    assert names.DEPLOYMENT_LABEL not in job["spec"]["template"]["metadata"]["labels"]


def test_all_that_it_served_goes_with_it():
    world = served()
    metadata = copy.deepcopy(resource(world)["metadata"])
    world.put({**making.model_deployment(build={}, artifact=DELETES), "metadata": metadata})
    making.start_build(world)
    making.build_well(world, artifact=OTHER)
    world.reconcile()
    making.roll(world)
    world.reconcile()
    delete(world)
    world.reconcile()
    [job] = jobs(world)
    assert removed(job) == sorted([making.ARTIFACT, OTHER])


def test_what_another_one_needs_stays():
    world = served()
    world.put(making.model_deployment("other", artifact=DELETES))
    for _ in range(2):
        world.reconcile("other")
        world.reconcile()
    delete(world)
    world.reconcile()
    assert jobs(world) == []
    assert is_gone(world)


def test_two_that_are_deleted_together_do_not_wait_for_each_other():
    world = served()
    world.put(making.model_deployment("other", artifact=DELETES))
    for _ in range(2):
        world.reconcile("other")
        world.reconcile()
    delete(world)
    delete(world, "other")
    world.reconcile()
    assert [removed(job) for job in jobs(world)] == [[making.ARTIFACT]]


def test_children_that_are_collected_first_do_not_change_the_job():
    """kubectl delete --cascade=foreground."""
    world = delete(served())
    world.reconcile()
    for kind in (kinds.CONTROLLER_REVISION, kinds.MODEL_BUILD, kinds.DEPLOYMENT):
        for one in world.all(kind):
            world.drop(one)
    world.reconcile()
    assert len(jobs(world)) == 1
    end(jobs(world)[0])
    world.reconcile()
    assert is_gone(world)


def test_a_build_that_runs_for_it_alone_ends_first():
    world = making.world(artifact=DELETES)
    making.start_build(world)
    resource(world)["status"]["history"] = [{"revision": "r", "artifact": OTHER, "since": "2026-01-01T00:00:00Z"}]
    delete(world)
    world.reconcile()
    assert world.all(kinds.MODEL_BUILD) == []
    for job in world.all(kinds.JOB):
        if job not in jobs(world):
            world.drop(job)
    world.reconcile()
    assert [removed(job) for job in jobs(world)] == [[OTHER]]


def test_nothing_is_made_for_one_that_is_being_deleted_but_that_job():
    world = delete(served())
    kinds_left = (kinds.DEPLOYMENT, kinds.SERVICE, kinds.POD_DISRUPTION_BUDGET, kinds.CONTROLLER_REVISION)
    for kind in (*kinds_left, kinds.MODEL_BUILD):
        for one in world.all(kind):
            world.drop(one)
    world.reconcile()
    assert not [one for kind in (*kinds_left, kinds.MODEL_BUILD) for one in world.all(kind)]


def test_one_that_never_built_anything_goes_at_once():
    world = making.world(artifact=DELETES)
    world.reconcile()
    world.drop(world.find(kinds.MODEL_BUILD))
    delete(world)
    world.reconcile()
    assert is_gone(world)
    assert jobs(world) == []


def test_the_escape_lets_it_go_at_once():
    world = served()
    resource(world)["metadata"]["annotations"][names.ABANDON] = "true"
    delete(world)
    world.reconcile()
    assert is_gone(world)
    assert jobs(world) == []


def test_after_the_deadline_it_goes_and_says_what_is_left():
    world = delete(served())
    world.reconcile()
    assert 0 < world.decision.requeue_after <= finalizing.DEADLINE.total_seconds()
    world.now += finalizing.DEADLINE + dt.timedelta(seconds=1)
    world.reconcile()
    assert is_gone(world)
    [told] = [event for event in world.log if event.reason == "ArtifactsLeft"]
    assert making.ARTIFACT in told.message
    assert making.REPOSITORY in told.message
    assert "10 minutes" in told.message


def test_a_job_that_fails_lets_it_go_in_the_jobs_last_words():
    world = delete(served())
    world.reconcile()
    [job] = jobs(world)
    end(job, "Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    said = "gc: deleted x\ngc: DELETE http://r/v2/x: 405 UNSUPPORTED\n"
    terminated = {"exitCode": 64, "message": said}
    world.put(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "gc-pod",
                "namespace": worlds.NAMESPACE,
                "labels": {
                    **job["spec"]["template"]["metadata"]["labels"],
                    names.JOB_NAME_LABEL: job["metadata"]["name"],
                },
            },
            "status": {"containerStatuses": [{"name": "gc", "state": {"terminated": terminated}}]},
        }
    )
    world.reconcile()
    assert is_gone(world)
    [told] = [event for event in world.log if event.reason == "ArtifactsLeft"]
    assert "405 UNSUPPORTED" in told.message
    assert "deleted x" not in told.message


# while it lives


def limited():
    """Two revisions were served, one may be kept."""
    artifact = {**DELETES, "historyLimit": 1}
    world = served(artifact)
    metadata = copy.deepcopy(resource(world)["metadata"])
    world.put({**making.model_deployment(build={}, artifact=artifact), "metadata": metadata})
    making.start_build(world)
    making.build_well(world, artifact=OTHER)
    world.reconcile()
    making.roll(world)
    world.reconcile()
    return world


def built(world):
    """Artifacts that a build or a revision still names."""
    builds = {one["status"]["artifact"]["digest"] for one in world.all(kinds.MODEL_BUILD)}
    return builds | {one["data"]["artifact"] for one in world.all(kinds.CONTROLLER_REVISION)}


def test_what_leaves_the_history_stays_until_its_artifact_is_deleted():
    world = limited()
    [job] = jobs(world)
    assert removed(job) == [making.ARTIFACT]
    assert making.ARTIFACT in built(world)
    end(job)
    world.reconcile()
    assert built(world) == {OTHER}


def test_when_that_fails_it_is_let_go_and_told():
    world = limited()
    end(jobs(world)[0], "Failed", message="no")
    world.reconcile()
    assert built(world) == {OTHER}
    assert [event.reason for event in world.log].count("ArtifactsLeft") == 1


def test_then_nothing_more_is_written():
    world = limited()
    end(jobs(world)[0])
    world.reconcile()
    before = copy.deepcopy(world.objects)
    world.reconcile()
    assert world.objects == before
