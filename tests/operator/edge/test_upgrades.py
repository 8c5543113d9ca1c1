"""An operator with newer images takes over on a real API server: what it writes, unasked and asked."""

import pytest
from edge import clusters, processes, resources

from model_operator import kinds, names

NEWER = {name: image.replace(":1", ":2") for name, image in processes.IMAGES.items()}


@pytest.fixture
def served(namespace: clusters.Namespace, operator: processes.Operator) -> clusters.Namespace:
    """A namespace in which `digits` serves."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    return namespace


@pytest.fixture
def newer(served, operator):
    """The place in the audit log where an operator with newer images began; the former one comes back."""
    operator.stop()  # what it has to say of its last status comes after that status
    since = operator.cluster.now()
    operator.start(**NEWER)
    yield since
    operator.restart()


def until_told(namespace):
    def look():
        found = namespace.find(kinds.MODEL_DEPLOYMENT, "digits")
        return resources.condition(found, "UpdateAvailable") and found

    return clusters.until(look, "what is new is told")


def test_a_newer_operator_writes_one_status_and_nothing_else(served, operator, newer):
    found = until_told(served)
    assert resources.condition(found, "Ready")["status"] == "True"
    operator.rest(served)
    mine = [line for line in operator.writes(newer) if f" {served.name}/" in line]
    assert mine == [f"patch modeldeployments/status {served.name}/digits"]


def test_what_is_new_is_taken_by_an_annotation_without_a_job(served, newer):
    until_told(served)
    jobs = [job["metadata"]["uid"] for job in served.list(kinds.JOB)]
    change = {"metadata": {"annotations": {names.UPGRADED_AT: "now"}}}
    served.patch(kinds.MODEL_DEPLOYMENT, "digits", change)
    clusters.until(lambda: NEWER["MODELSMITH_TRITON_IMAGE"] in images(served), "the servers run the new Triton")
    assert NEWER["MODELSMITH_SERVING_IMAGE"] in images(served)
    assert [job["metadata"]["uid"] for job in served.list(kinds.JOB)] == jobs
    clusters.until(
        lambda: not resources.condition(served.find(kinds.MODEL_DEPLOYMENT, "digits"), "UpdateAvailable"),
        "nothing is new any more",
    )


def images(namespace) -> set[str]:
    pod = namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["template"]["spec"]
    return {container["image"] for container in (*pod["initContainers"], *pod["containers"])}
