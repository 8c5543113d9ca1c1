"""When a status that only tells progress is written."""

import pytest

from model_operator import calming, kinds

KEY = kinds.Key(kinds.MODEL_BUILD, "demo", "build")


def status(message: str, reason: str = "Building", *, settled: bool = False, **fields) -> dict:
    """Of something that goes on, or has settled."""
    types = ("Built",) if settled else ("Built", "Reconciling")
    told = [
        {"type": one, "status": "True" if settled or one == "Reconciling" else "False", "reason": reason}
        for one in types
    ]
    return {"observedGeneration": 1, "conditions": [{**one, "message": message} for one in told], **fields}


def available(holds: str, reason: str) -> dict:
    found = status("0 of 1 servers are ready", "RollingOut")
    found["conditions"].append({"type": "Available", "status": holds, "reason": reason, "message": ""})
    return found


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def calm(now) -> calming.Calm:
    made = calming.Calm(lambda: now[0])
    made.wrote(KEY, status("fetch is running"))
    return made


def test_the_next_step_waits_for_the_rest_of_the_interval(calm, now):
    now[0] += 4
    assert calm.pause(KEY, status("fetch is running"), status("convert is running")) == calming.INTERVAL - 4


def test_a_step_that_lasts_is_told(calm, now):
    now[0] += calming.INTERVAL
    assert calm.pause(KEY, status("fetch is running"), status("convert is running")) is None


def test_the_first_words_after_a_start_are_told_at_once(now):
    assert calming.Calm(lambda: now[0]).pause(KEY, status("fetch is running"), status("convert is running")) is None


def test_what_says_the_same_is_not_waited_for(calm):
    assert calm.pause(KEY, status("fetch is running"), status("fetch is running")) is None


def test_what_has_settled_is_forgotten(calm):
    calm.wrote(KEY, status("float32", "Built", settled=True))
    assert calm.pause(KEY, status("fetch is running"), status("convert is running")) is None


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (status("x"), status("y", "Unschedulable"), "another reason"),
        (status("x"), status("y", "Built", settled=True), "it has settled"),
        (status("x"), status("x", observedGeneration=2), "another generation"),
        (status("x"), status("x", artifact={"digest": "sha256:1"}), "a result"),
        (status("x"), status("x", candidates=[{"candidate": "none"}]), "a candidate was judged"),
        (available("False", "NotDeployed"), available("True", "Available"), "somebody answers"),
        ({}, status("x", "Unschedulable"), "the first words of a build are no good ones"),
    ],
)
def test_news_is_told_at_once(calm, before, after, why):
    assert calm.pause(KEY, before, after) is None, why


def test_that_a_build_has_begun_is_told_when_it_lasts(now):
    calm = calming.Calm(lambda: now[0])
    assert calm.pause(KEY, {}, status("fetch is running")) == calming.INTERVAL
    now[0] += 4
    assert calm.pause(KEY, {}, status("convert is running")) == calming.INTERVAL - 4
    now[0] += calming.INTERVAL
    assert calm.pause(KEY, {}, status("optimize is running")) is None


def test_a_build_that_ends_before_it_was_told_is_told_at_once(now):
    calm = calming.Calm(lambda: now[0])
    assert calm.pause(KEY, {}, status("fetch is running"))
    assert calm.pause(KEY, {}, status("float32", "Built", settled=True)) is None


def test_that_a_model_deployment_has_begun_is_told_at_once(now):
    key = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "digits")
    assert calming.Calm(lambda: now[0]).pause(key, {}, status("the build is being created")) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (status("x"), status("y", job="build-1")),
        (status("x"), status("x", rollout={"updated": 1})),
        (available("False", "NotDeployed"), available("False", "NoServerReady")),
    ],
)
def test_how_far_it_is_may_wait(calm, before, after):
    assert calm.pause(KEY, before, after) == calming.INTERVAL
