"""How things end on a real API server: with their artifacts, never made anew, and without hanging."""

import pytest
from edge import clusters, kubelet, processes, resources

from model_operator import connecting, kinds, names

pytestmark = pytest.mark.usefixtures("operator")
REPOSITORY = "registry.test/team/models"
REFERENCE = f"{REPOSITORY}@sha256:{'f' * 64}"
OTHER = f"sha256:{'e' * 64}"
IN_A_REGISTRY = {"store": "oci", "oci": {"repository": REPOSITORY}, "reclaimPolicy": "Delete"}
COLLECTORS = f"{names.COMPONENT_LABEL}={names.COLLECTOR}"


def serve(namespace: clusters.Namespace, name: str, content: kinds.Manifest, **report: str) -> kinds.Manifest:
    """Bring one to Ready, with what its build says."""
    resources.deploy(namespace, name, content)
    job = clusters.until(lambda: _job_of(namespace, name), f"{name} has a build with a Job")
    kubelet.end_build(job, namespace, kubelet.published(**report))
    return resources.make_ready(namespace, name)


def _job_of(namespace: clusters.Namespace, name: str) -> kinds.Manifest | None:
    status = (namespace.find(kinds.MODEL_DEPLOYMENT, name) or {}).get("status") or {}
    build = (status.get("build") or {}).get("name")
    return namespace.only(kinds.JOB, f"{names.BUILD_LABEL}={build}") if build else None


@pytest.fixture
def outside(namespace: clusters.Namespace) -> clusters.Namespace:
    """A namespace in which `digits` serves an artifact of a registry that goes with it."""
    resources.provide_source(namespace)
    serve(namespace, "digits", {**resources.spec(), "artifact": IN_A_REGISTRY}, reference=REFERENCE)
    return namespace


def finalizers(namespace: clusters.Namespace) -> list[str] | None:
    found = namespace.find(kinds.MODEL_DEPLOYMENT, "digits")
    return found["metadata"].get("finalizers", []) if found else None


def gone(namespace: clusters.Namespace) -> None:
    clusters.until(lambda: finalizers(namespace) is None, "it is gone")


def test_it_waits_for_its_artifact_to_be_deleted(outside):
    assert finalizers(outside) == [names.FINALIZER]
    outside.delete(kinds.MODEL_DEPLOYMENT, "digits")
    job = kubelet.collect(outside, "digits")
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert f"--remove={kubelet.DIGEST}" in container["command"]
    gone(outside)


def test_deleted_in_the_foreground_its_artifact_goes_too(outside):
    path = f"{outside.path(kinds.MODEL_DEPLOYMENT, 'digits')}?propagationPolicy=Foreground"
    outside.cluster.call("DELETE", path)
    clusters.until(lambda: not outside.list(kinds.DEPLOYMENT), "its children go first")
    kubelet.collect(outside, "digits")
    gone(outside)


def test_the_escape_lets_it_go_without_a_job(outside):
    outside.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: outside.list(kinds.JOB, COLLECTORS), "it waits")
    outside.patch(kinds.MODEL_DEPLOYMENT, "digits", {"metadata": {"annotations": {names.ABANDON: "true"}}})
    gone(outside)


def test_a_finalizer_of_somebody_elses_stays(outside):
    both = [names.FINALIZER, "example.com/theirs"]
    outside.patch(kinds.MODEL_DEPLOYMENT, "digits", {"metadata": {"finalizers": both}})
    outside.delete(kinds.MODEL_DEPLOYMENT, "digits")
    kubelet.collect(outside, "digits")
    clusters.until(lambda: finalizers(outside) == ["example.com/theirs"], "ours is gone")
    outside.patch(kinds.MODEL_DEPLOYMENT, "digits", {"metadata": {"finalizers": None}})
    gone(outside)


def test_a_registry_that_refuses_is_quoted_and_keeps_nothing_waiting(outside):
    outside.delete(kinds.MODEL_DEPLOYMENT, "digits")
    kubelet.collect(outside, "digits", code=64, message="gc: DELETE http://registry.test: 405 UNSUPPORTED")
    gone(outside)
    [told] = [event for event in outside.list(clusters.EVENT) if event["reason"] == "ArtifactsLeft"]
    assert kubelet.DIGEST in told["message"]
    assert "405 UNSUPPORTED" in told["message"]


def test_a_namespace_that_ends_does_not_wait(outside):
    outside.cluster.call("DELETE", connecting.path(clusters.NAMESPACE, name=outside.name))
    gone(outside)


def test_nothing_is_made_anew_for_one_that_is_being_deleted(outside, operator: processes.Operator):
    outside.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: outside.list(kinds.JOB, COLLECTORS), "it waits")
    outside.delete(kinds.SERVICE, "digits")
    outside.delete(kinds.DEPLOYMENT, "digits")
    since = outside.cluster.now()
    operator.restart()
    clusters.until(
        lambda: operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}'), "seen"
    )
    assert not [line for line in operator.writes(since) if f" {outside.name}/" in line]
    assert outside.list(kinds.SERVICE, f"{names.DEPLOYMENT_LABEL}=digits") != []
    assert outside.find(kinds.SERVICE, "digits") is None
    kubelet.collect(outside, "digits")
    gone(outside)
    clusters.until(lambda: not _left(outside), "nothing of it is left but that Job, which goes by itself")


def _left(namespace: clusters.Namespace) -> list[str]:
    return [one for one in resources.leftovers(namespace) if not one.split()[1].startswith("digits-gc-")]


# on a claim


@pytest.fixture
def two(namespace: clusters.Namespace) -> clusters.Namespace:
    """`first` and `second` serve two artifacts of one claim."""
    resources.provide_source(namespace)
    serve(namespace, "first", resources.spec())
    serve(namespace, "second", {**resources.spec(), "build": {"timeout": "30m", **_JUDGED}}, artifact=OTHER)
    return namespace


_JUDGED = {"evaluation": {"data": {"file": "test.npz"}}}


def test_after_one_of_two_is_deleted_a_job_removes_what_only_that_one_needed(two, operator: processes.Operator):
    two.delete(kinds.MODEL_DEPLOYMENT, "first")
    job = clusters.until(lambda: two.only(kinds.JOB, COLLECTORS), "there is a Job")
    [record] = two.list(kinds.CONFIG_MAP, COLLECTORS)
    assert OTHER in record["data"]["keep"]
    assert kubelet.DIGEST not in record["data"]["keep"]
    assert [owner["name"] for owner in job["metadata"]["ownerReferences"]] == ["second"]
    kubelet.collect(two, "second")
    clusters.until(lambda: _keep(two) == [OTHER], "the record is at rest")
    operator.rest(two)
    since = two.cluster.now()
    operator.restart()
    clusters.until(
        lambda: operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}'), "seen"
    )
    assert not [line for line in operator.writes(since) if f" {two.name}/" in line]
    two.delete(kinds.MODEL_DEPLOYMENT, "second")
    clusters.until(lambda: not resources.leftovers(two), "all is gone")


def _keep(namespace: clusters.Namespace) -> list[str]:
    [record] = namespace.list(kinds.CONFIG_MAP, COLLECTORS)
    return record["data"]["keep"].split()


def test_one_that_was_deleted_while_nobody_watched_is_noticed(two, operator: processes.Operator):
    assert operator.stop() == 0
    two.delete(kinds.MODEL_DEPLOYMENT, "first")
    clusters.until(lambda: two.find(kinds.DEPLOYMENT, "first") is None, "Kubernetes has collected")
    operator.start()
    clusters.until(lambda: two.only(kinds.JOB, COLLECTORS), "there is a Job")


def test_a_namespace_with_a_record_and_a_job_ends(two):
    two.delete(kinds.MODEL_DEPLOYMENT, "first")
    clusters.until(lambda: two.only(kinds.JOB, COLLECTORS), "there is a Job")
    two.cluster.call("DELETE", connecting.path(clusters.NAMESPACE, name=two.name))
    clusters.until(lambda: not resources.leftovers(two), "all is gone")
