"""A queue of Kueue's, on a real API server: a test lets the Job run as Kueue does, and nobody here takes it back."""

import pytest
from edge import clusters, resources

from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
def queued(namespace):
    """A namespace in which the build of `digits` waits."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", {**resources.spec(), "build": {"queueName": "gpu-builds"}})
    resources.until_reason(namespace, "digits", "Queued")
    return namespace


def admit(namespace, *, suspend):
    """As Kueue does: a plain change of the Job, by another manager."""
    name = resources.only_job(namespace)["metadata"]["name"]
    namespace.patch(kinds.JOB, name, {"spec": {"suspend": suspend}})
    return name


def test_it_waits_in_its_queue_without_a_pod(queued):
    job = resources.only_job(queued)
    assert job["metadata"]["labels"][names.QUEUE_LABEL] == "gpu-builds"
    assert job["spec"]["suspend"] is True
    assert queued.list(kinds.POD) == []
    found = queued.find(kinds.MODEL_DEPLOYMENT, "digits")
    assert resources.condition(found, "Reconciling")["status"] == "True"
    assert "'gpu-builds'" in resources.condition(found, "Built")["message"]


def test_let_run_it_builds_and_serves(queued):
    admit(queued, suspend=False)
    resources.until_reason(queued, "digits", "Building")
    resources.build(queued)
    resources.make_ready(queued, "digits")
    assert resources.only_job(queued)["spec"]["suspend"] is False


def test_nobody_fights_over_whether_it_runs(queued, operator):
    for suspend in (False, True, False):
        name = admit(queued, suspend=suspend)
        resources.until_reason(queued, "digits", "Queued" if suspend else "Building")
        since = queued.cluster.now()
        operator.rest(queued)
        assert queued.find(kinds.JOB, name)["spec"]["suspend"] is suspend
        assert [line for line in operator.writes(since) if " jobs " in line] == []


def test_another_queue_is_another_job(queued):
    first = resources.only_job(queued)["metadata"]["name"]
    queued.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"build": {"queueName": "other"}}})
    clusters.until(lambda: queued.find(kinds.JOB, first) is None, "the first is gone")
    assert resources.only_job(queued)["metadata"]["labels"][names.QUEUE_LABEL] == "other"
