"""Servers that do not come up, or do not stay: the cause in its own words, and what mends it."""

import contextlib

import pytest

from e2e import failing, forging, kube, manifests, predicting, waiting
from model_operator import names

SOURCE = manifests.from_config_map("small")
#: Bytes of a request; more than the limit of 128Mi that a server of the small model is well with.
LARGE = 256 << 20
KILL = ("python3", "-c", "import os, signal; os.kill(1, signal.SIGTERM)")


@pytest.fixture
def changed(workshop, served):
    """`changed(serving=...)` is one apply of a service that was Ready; `changed()` takes it back."""
    return lambda **parts: workshop.apply(manifests.model_deployment(served, SOURCE, **parts))


@pytest.fixture
def small(workshop):
    """`small(limit)` gives a ModelDeployment of its own so much memory: with nothing to go back to, it stays."""
    name = "t-small"

    def apply(limit: str) -> str:
        resources = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": limit}}
        workshop.apply(manifests.model_deployment(name, SOURCE, serving={"resources": resources}))
        waiting.ready(workshop, name)
        return name

    yield apply
    workshop.delete("mdep", name)


def test_too_little_memory_is_told_with_the_limit_and_mended_by_more(workshop, small):
    """A request is as large as its client makes it, and Triton holds all of it."""
    name = small("128Mi")
    words = "triton needed more memory than its limit of 128Mi", "spec.serving.resources.limits.memory"
    failing.told(workshop, name, "OutOfMemory", *words, meanwhile=lambda: predicting.bears(workshop, name, LARGE))
    small("2Gi")
    assert predicting.bears(workshop, name, LARGE)
    assert predicting.mark(workshop, name) == 1


def test_more_disk_than_its_limit_is_told_in_the_kubelets_words_and_mended_by_more(workshop, served, changed):
    """The development server lays out its backends in /tmp."""
    small = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"ephemeral-storage": "1Mi"}}
    changed(serving={"resources": small})
    failing.told(workshop, served, "Evicted", "the node ended the pod", "spec.serving.resources.limits.ephemeral")
    changed(serving={"resources": {**small, "limits": {"ephemeral-storage": "1Gi"}}})
    waiting.ready(workshop, served)
    assert predicting.mark(workshop, served) == 1


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


def test_a_server_that_is_ended_again_and_again_is_told_and_comes_back_by_itself(workshop, served):
    def end_it() -> None:
        pod = workshop.list("pods", f"modelsmith.dev/deployment={served}")[0]["metadata"]["name"]
        with contextlib.suppress(kube.KubectlError):  # between two lives there is nothing to end
            workshop.kubectl("exec", pod, "-c", names.TRITON, "--", *KILL)

    failing.told(workshop, served, "ServerEnded", "not by itself", "kubectl describe pod", meanwhile=end_it)
    waiting.ready(workshop, served)


@pytest.fixture(scope="module")
def forged(namespace, images):
    """A ModelDeployment whose artifact expects answers that no server gives."""
    forging.forge(namespace, "forged", "small", 1, images["serving"])
    namespace.patch("mdep", "forged", {"spec": {"serving": {"replicas": 1}}})
    return namespace


def test_wrong_golden_answers_are_told_and_reach_no_client(forged):
    failing.told(forged, "forged", "RolledBack", "AnswersWrong", "computes otherwise than the build did")
    waiting.until("what is gone back to answers", lambda: predicting.mark(forged, "forged") == 1, 60, forged)


def test_wrong_golden_answers_are_mended_by_building_anew(forged, images):
    failing.on_claim(forged, names.ARTIFACT_CLAIM, failing.FORGET, images["serving"])
    forged.annotate("mdep", "forged", names.REQUESTED_AT, "mended")
    waiting.until("the built model answers", lambda: predicting.mark(forged, "forged") == 1, 240, forged)
    waiting.ready(forged, "forged")
