"""Changes of how a model is served: a new revision, and no build."""

from e2e import predicting, waiting


def test_changed_batching_is_a_new_revision_without_a_build(workshop, served):
    before = workshop.get("mdep", served)["status"]
    builds, jobs = (uids(workshop, kind) for kind in ("mbuild", "jobs"))
    workshop.patch("mdep", served, {"spec": {"serving": {"batching": {"maxBatchSize": 8}}}})
    after = waiting.ready(workshop, served)["status"]
    assert after["rollout"]["revision"] != before["rollout"]["revision"]
    assert after["artifact"] == before["artifact"]
    assert (builds, jobs) == tuple(uids(workshop, kind) for kind in ("mbuild", "jobs"))


def test_the_server_runs_with_the_changed_batching(workshop, served):
    workshop.patch(
        "mdep", served, {"spec": {"serving": {"batching": {"maxBatchSize": 16, "maxQueueDelayMicroseconds": 250}}}}
    )
    waiting.ready(workshop, served)
    found = predicting.config(workshop, served)
    assert found["max_batch_size"] == 16
    assert found["dynamic_batching"]["max_queue_delay_microseconds"] == 250


def test_kubectl_scale_adds_a_server_and_no_build(workshop, served):
    jobs = uids(workshop, "jobs")
    workshop.kubectl("scale", f"mdep/{served}", "--replicas=2")
    found = waiting.ready(workshop, served)
    assert found["spec"]["serving"]["replicas"] == 2
    assert found["status"]["replicas"] == 2
    assert len(workshop.list("pods", found["status"]["selector"])) == 2
    assert uids(workshop, "jobs") == jobs


def uids(namespace, kind: str) -> set[str]:
    """Which objects of a kind there are."""
    return {item["metadata"]["uid"] for item in namespace.list(kind)}
