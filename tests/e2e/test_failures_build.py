"""Builds that the cluster ends, or does not begin: the cause in its own words, and one apply that mends it."""

import pytest

from cluster import layout
from e2e import failing, manifests, predicting, smallmodels, waiting

REQUESTS = {"cpu": "50m", "memory": "128Mi"}


def limited(**limits):
    return {"requests": REQUESTS, "limits": limits}


@pytest.fixture(scope="module")
def failed(namespace, images):
    """Everything that shall fail, at once; the node takes them as it can."""
    for name, code in (("memory", failing.MEMORY), ("time", failing.TIME), ("disk", failing.DISK)):
        namespace.apply(manifests.config_map(name, failing.files(code)))
    for mark, name in enumerate(("image", "empty", "room"), start=2):
        namespace.apply(manifests.config_map(name, smallmodels.files(mark)))
    namespace.apply(
        failing.model("memory", build={"resources": limited(memory="1Gi")}),
        failing.model("time", build={"timeout": "30s"}),
        failing.model("disk", build={"resources": limited(**{"ephemeral-storage": "4Mi"})}),
        failing.model("image", build={"image": f"{images['builder']}-absent"}),
        failing.model("empty", build={"image": layout.PAUSE_IMAGE}),
        failing.model("room", build={"resources": {"requests": {**REQUESTS, "cpu": "500"}, "limits": {}}}),
    )
    return namespace


def test_too_little_memory_is_told_with_the_limit_and_mended_by_more(failed):
    said = failing.told(failed, "memory", "OutOfMemory", "limit of 1Gi", "spec.build.resources.limits.memory")
    assert "Stalled" in said
    before = failing.jobs_of(failed, "memory")
    failed.apply(failing.model("memory", build={"resources": limited(memory="4Gi")}))
    failing.superseded(failed, "memory", before)
    waiting.ready(failed, "memory")
    assert predicting.mark(failed, "memory") == 1


def test_too_little_time_is_told_and_mended_by_more(failed):
    said = failing.told(failed, "time", "DeadlineExceeded", "timeout of 30s", "spec.build.timeout")
    assert "Stalled" in said
    before = failing.jobs_of(failed, "time")
    failed.apply(failing.model("time", build={"timeout": "10m"}))
    failing.superseded(failed, "time", before)
    waiting.ready(failed, "time", seconds=400)


def test_more_disk_than_its_limit_is_told_in_the_kubelets_words_and_mended(failed):
    said = failing.told(failed, "disk", "Evicted", "exceeds the total limit", "limits.ephemeral-storage", seconds=240)
    assert "Stalled" in said
    before = failing.jobs_of(failed, "disk")
    failed.apply(failing.model("disk", build={"resources": limited(**{"ephemeral-storage": "1Gi"})}))
    failing.superseded(failed, "disk", before)
    waiting.ready(failed, "disk", seconds=400)


def test_an_image_that_does_not_come_is_named_and_mended_by_another(failed):
    said = failing.told(failed, "image", "ImagePullFailed", "-absent", "spec.build.image")
    assert "Reconciling" in said
    failed.apply(failing.model("image"))
    waiting.ready(failed, "image")


def test_an_image_without_a_builder_is_told_in_the_runtimes_words_and_mended_by_another(failed):
    said = failing.told(failed, "empty", "ContainerCannotStart", "executable file not found", "spec.build.image")
    assert "Stalled" in said
    before = failing.jobs_of(failed, "empty")
    failed.apply(failing.model("empty"))
    waiting.ready(failed, "empty")
    assert not {job["metadata"]["uid"] for job in before} & {job["metadata"]["uid"] for job in failed.list("jobs")}


def test_no_node_is_told_in_the_schedulers_words_and_mended_by_asking_for_less(failed):
    said = failing.told(failed, "room", "Unschedulable", "Insufficient cpu", "spec.build")
    assert "Reconciling" in said
    before = failing.jobs_of(failed, "room")
    failed.apply(failing.model("room"))
    failing.superseded(failed, "room", before)
    waiting.ready(failed, "room")


def test_a_source_that_goes_while_the_pod_starts_is_named_and_waited_for(namespace):
    with failing.nodes_closed():
        namespace.apply(manifests.config_map("gone", smallmodels.files(7)), failing.model("gone"))
        failing.told(namespace, "gone", "Unschedulable", "unschedulable")
        namespace.delete("configmap", "gone")
    said = failing.told(namespace, "gone", "VolumeNotMounted", 'configmap "gone" not found')
    assert "Reconciling" in said
    namespace.apply(manifests.config_map("gone", smallmodels.files(7)))
    waiting.ready(namespace, "gone", seconds=300)
    assert predicting.mark(namespace, "gone") == 7
