"""Artifacts on a claim that nothing needs any more are collected, and those that anybody needs are not."""

import pytest

from e2e import kube, manifests, onclaims, predicting, smallmodels, waiting
from model_operator import names

CLAIM = names.ARTIFACT_CLAIM
JOBS = f"{names.COMPONENT_LABEL}={names.COLLECTOR}"


def model(name: str, mark: int) -> kube.Manifest:
    return manifests.model_deployment(name, manifests.from_config_map(f"small-{mark}"))


@pytest.fixture(scope="module")
def digests(namespace):
    """Mark -> artifact. `first` serves mark 1; `second` served 2, and serves 3."""
    namespace.apply(*(manifests.config_map(f"small-{mark}", smallmodels.files(mark)) for mark in (1, 2, 3)))
    namespace.apply(model("first", 1), model("second", 2))
    found = {mark: digest(waiting.ready(namespace, name)) for name, mark in (("first", 1), ("second", 2))}
    namespace.apply(model("second", 3))
    waiting.until("3 is served", lambda: predicting.mark(namespace, "second") == 3, 240, namespace)
    return {**found, 3: digest(waiting.ready(namespace, "second"))}


def digest(resource: kube.Manifest) -> str:
    return resource["status"]["artifact"]["digest"]


@pytest.fixture(scope="module")
def collected(namespace, digests, images):
    """After `first` was deleted: what is left on the claim."""
    onclaims.age(namespace, CLAIM, images["serving"])
    namespace.delete("mdep", "first")
    waiting.until("a Job has collected", lambda: complete(namespace), 180, namespace)
    return onclaims.digests(namespace, CLAIM, images["serving"])


def complete(namespace: kube.Namespace) -> bool:
    conditions = [one for job in namespace.list("jobs", JOBS) for one in job.get("status", {}).get("conditions", [])]
    return any((one["type"], one["status"]) == ("Complete", "True") for one in conditions)


def test_while_all_are_needed_nothing_collects(namespace, digests):
    assert namespace.list("jobs", JOBS) == []


def test_what_only_the_deleted_one_needed_is_gone(collected, digests):
    assert digests[1] not in collected


def test_what_serves_and_what_one_may_go_back_to_stay(namespace, collected, digests):
    assert {digests[2], digests[3]} <= collected
    assert predicting.mark(namespace, "second") == 3


def test_going_back_to_what_served_before_builds_nothing(namespace, collected):
    namespace.apply(model("second", 2))
    waiting.until("2 is served again", lambda: predicting.mark(namespace, "second") == 2, 240, namespace)
    assert waiting.ready(namespace, "second")["status"]["build"]["cacheHit"]


def test_what_was_collected_is_built_again_when_it_is_asked_for(namespace, collected, digests):
    namespace.apply(model("again", 1))
    found = waiting.ready(namespace, "again")
    assert not found["status"]["build"]["cacheHit"]
    # Another artifact of equal weights: its report holds the times of another build.
    assert digest(found) != digests[1]
    assert predicting.mark(namespace, "again") == 1
