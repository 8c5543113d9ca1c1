"""Answers that are distributed otherwise than on the evaluation set: told by Healthy, calmly, and no more than told."""

import pytest
from hypothesis import given, strategies
from pure import making, revising, worlds
from pure.test_healthy import health, serving

from model_operator.deployments import drifting, sentinels

AS_BUILT = "golden requests are answered as the build saw"


def says(psi, output="logits", **more):
    told = None if psi is None else {"psi": psi, "output": output, "of": "values", "samples": 900}
    return {**revising.SERVING, "drift": told, **more}


def words(status):
    return worlds.condition(status, "Healthy")["message"]


@pytest.mark.parametrize(
    ("indexes", "expected", "said"),
    [
        ([None], "True/AnswersRight", AS_BUILT),
        ([0.04], "True/AnswersRight", "outputs are distributed as on the evaluation set (stability index below 0.1)"),
        ([0.04, 0.2], "True/AnswersRight", "output logits is distributed a little otherwise"),
        ([0.04, None, 0.3], "False/OutputsDrifted", "stability index above 0.25); compare what clients send"),
        ([7.5], "False/OutputsDrifted", "above 5)"),
        (["much"], "True/AnswersRight", AS_BUILT),
        ([-1], "True/AnswersRight", AS_BUILT),
        ([float("nan")], "True/AnswersRight", AS_BUILT),
    ],
)
def test_healthy_speaks_of_the_server_that_is_furthest(indexes, expected, said):
    status = serving(*map(says, indexes)).reconcile()
    assert health(status) == expected
    assert said in words(status)


def test_it_keeps_nobody_from_serving_and_sends_nobody_back():
    world = revising.seasoned()
    revising.pod(world, says=says(3.0), ready=True)
    before = revising.revision(world)
    status = world.reconcile()
    assert health(status) == "False/OutputsDrifted"
    assert revising.ready(status) == "True/Serving"
    assert revising.revision(world) == before
    assert [event.type for event in world.log if event.reason == "OutputsDrifted"] == ["Warning"]


def test_wrong_golden_answers_come_first():
    assert health(serving(says(3.0, **revising.WRONG)).reconcile()) == "False/AnswersWrong"


def test_what_was_much_stays_so_until_it_is_clearly_less():
    world = serving(says(0.3))
    story = []
    for psi in (0.3, 0.22, 0.19, 0.22):
        revising.pod(world, says=says(psi), ready=True)
        story.append(health(world.reconcile()))
    assert story == ["False/OutputsDrifted"] * 2 + ["True/AnswersRight"] * 2


def test_a_number_that_changes_with_every_sample_is_no_write():
    world = serving(says(0.031))
    before = world.reconcile()
    for psi in (0.034, 0.052, 0.07):
        revising.pod(world, says=says(psi), ready=True)
        assert world.reconcile() == before


@given(strategies.floats() | strategies.text() | strategies.none(), strategies.text())
def test_nothing_that_a_sentinel_says_is_too_strange(psi, output):
    report = sentinels.Report(drift=sentinels._drift({"psi": psi, "output": output}))
    change = drifting.drift([report], "")
    assert change.finding is None or change.finding.message.isprintable()


def test_a_sentinel_that_knows_nothing_of_it_says_nothing():
    world = making.serving()
    revising.pod(world, says=revising.SERVING, ready=True)
    assert words(world.reconcile()) == AS_BUILT
