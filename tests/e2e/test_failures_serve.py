"""Servers that do not come up, or do not stay: the cause in its own words, and what mends it."""

import contextlib

import pytest

from e2e import failing, kube, manifests, predicting, smallmodels, waiting
from model_operator import names

SOURCE = manifests.from_config_map("small")
KILL = ("python3", "-c", "import os, signal; os.kill(1, signal.SIGTERM)")


@pytest.fixture
def changed(workshop, served):
    """`changed(serving=...)` is one apply of a service that was Ready; `changed()` takes it back."""
    return lambda **parts: workshop.apply(manifests.model_deployment(served, SOURCE, **parts))


def test_too_little_memory_is_told_with_the_limit_and_mended_by_more(workshop, served, changed):
    small = {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "48Mi"}}
    changed(serving={"resources": small})
    failing.told(workshop, served, "OutOfMemory", "limit of 48Mi", "spec.serving.resources.limits.memory")
    assert predicting.mark(workshop, served) == 1
    changed(serving={"resources": {**small, "limits": {"memory": "2Gi"}}})
    waiting.ready(workshop, served)


def test_no_node_is_told_in_the_schedulers_words_and_mended(workshop, served, changed):
    workshop.patch("mdep", served, {"spec": {"serving": {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}}}})
    failing.told(workshop, served, "Unschedulable", "node affinity/selector", "spec.serving")
    assert predicting.mark(workshop, served) == 1
    workshop.patch("mdep", served, {"spec": {"serving": {"nodeSelector": None}}})
    waiting.ready(workshop, served)


def test_a_runtime_class_that_does_not_exist_is_named_and_mended(workshop, served):
    workshop.patch("mdep", served, {"spec": {"serving": {"runtimeClassName": "absent"}}})
    failing.told(workshop, served, "PodsRefused", 'RuntimeClass "absent" not found', "runtimeClassName")
    workshop.patch("mdep", served, {"spec": {"serving": {"runtimeClassName": None}}})
    waiting.ready(workshop, served)


def test_a_server_that_keeps_ending_is_told_and_comes_back_by_itself(workshop, served):
    def crashing() -> bool:
        pod = workshop.list("pods", f"modelsmith.dev/deployment={served}")[0]["metadata"]["name"]
        with contextlib.suppress(kube.KubectlError):  # between two lives there is nothing to end
            workshop.kubectl("exec", pod, "-c", names.TRITON, "--", *KILL)
        ready = waiting.current(workshop.get("mdep", served)).get("Ready", {})
        return ready.get("reason") == "ServerCrashed" and "keeps ending" in ready["message"]

    waiting.until("ServerCrashed is told", crashing, 180, workshop)
    waiting.ready(workshop, served)


@pytest.fixture(scope="module")
def forged(namespace, images):
    """A ModelDeployment whose artifact expects answers that no server gives."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment("forged", SOURCE, serving={"replicas": 0}),
    )
    honest = waiting.condition(namespace, "forged", "Built", "True")["status"]["build"]
    failing.on_claim(namespace, names.ARTIFACT_CLAIM, failing.FORGE, images["serving"])
    namespace.annotate("mdep", "forged", names.REQUESTED_AT, "forged")
    waiting.until("the forged artifact is found", lambda: hit(namespace, honest), 120, namespace)
    namespace.patch("mdep", "forged", {"spec": {"serving": {"replicas": 1}}})
    return namespace


def hit(namespace, honest) -> bool:
    """The store had it, where it was built before."""
    found = namespace.get("mdep", "forged")["status"]["build"]
    return found["cacheHit"] and not honest["cacheHit"]


def test_wrong_golden_answers_are_told_and_reach_no_client(forged):
    failing.told(forged, "forged", "AnswersWrong", "computes otherwise than the build did")
    assert predicting.mark(forged, "forged") is None


def test_wrong_golden_answers_are_mended_by_building_anew(forged, images):
    failing.on_claim(forged, names.ARTIFACT_CLAIM, failing.FORGET, images["serving"])
    forged.annotate("mdep", "forged", names.REQUESTED_AT, "mended")
    waiting.until("the built model answers", lambda: predicting.mark(forged, "forged") == 1, 240, forged)
    waiting.ready(forged, "forged")
