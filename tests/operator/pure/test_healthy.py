"""Healthy tells of servers that answer wrongly though they were right once."""

import pytest
from pure import making, revising, worlds

from model_operator import kinds

WRONG = revising.WRONG | {"ok": True}


def health(status):
    return worlds.brief(status).get("Healthy", "")


def serving(*reports):
    """A model that serves for long, and its servers, which say this."""
    world = making.serving(serving={"replicas": max(1, len(reports))})
    revising.later(world, hours=1)
    for number, report in enumerate(reports):
        revising.pod(world, number=number, says=report, ready=True)
    return world


def test_before_there_are_servers_nothing_is_said():
    world = making.world()
    assert health(world.reconcile()) == ""


def test_the_first_servers_were_right_before_they_were_ready():
    world = making.serving()
    assert health(world.reconcile()) == "True/AnswersRight"
    assert "AnswersRight" not in [event.reason for event in world.log]


def test_one_that_answers_wrongly_is_told_of_and_stays():
    world = serving(revising.SERVING, WRONG)
    status = world.reconcile()
    assert health(status) == "False/AnswersWrong"
    words = worlds.condition(status, "Healthy")["message"]
    assert words.startswith("1 of 2 servers that were asked: output y differs")
    assert revising.ready(status) == "True/Serving"
    assert [event.type for event in world.log if event.reason == "AnswersWrong"] == ["Warning"]


def test_it_heals():
    world = serving(WRONG)
    assert health(world.reconcile()) == "False/AnswersWrong"
    revising.pod(world, says=revising.SERVING, ready=True)
    assert health(world.reconcile()) == "True/AnswersRight"


@pytest.mark.parametrize("why", ["nobody was heard", "no server is ready"])
def test_without_news_it_stays_as_it_was(why):
    world = serving(WRONG)
    world.reconcile()
    if why == "nobody was heard":
        world.answers.clear()
    else:
        making.roll(world, ready=0)
        world.drop(world.find(kinds.POD, "digits-0"))
    assert health(world.reconcile()) == "False/AnswersWrong"


def test_wrong_for_a_moment_is_not_told():
    assert health(serving(WRONG | {"looks": 1}).reconcile()) == "True/AnswersRight"
