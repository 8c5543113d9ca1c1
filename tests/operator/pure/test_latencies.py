"""Requests that take longer than when the revision was new."""

import pytest
from pure import making, revising, worlds
from pure.test_healthy import health


def says(mean_ms, succeeded=5000, seconds=600.0):
    told = {"seconds": seconds, "succeeded": succeeded, "failed": 0, "mean_ms": mean_ms}
    return {**revising.SERVING, "ten_minutes": told}


def served(*reports, minutes=15):
    """A model that has served for so long, and its servers, which say this."""
    world = making.serving(serving={"replicas": max(1, len(reports))})
    revising.later(world, minutes=minutes)
    return hear(world, *reports)


def hear(world, *reports):
    for number, report in enumerate(reports):
        revising.pod(world, number=number, says=report, ready=True)
    return world


def latency(status):
    return status["history"][0].get("latency")


@pytest.mark.parametrize(
    ("reports", "minutes", "expected"),
    [
        pytest.param([says(1.934)], 15, "1.93 ms", id="ten minutes with enough requests"),
        pytest.param([says(1.0, 900), says(4.0, 300)], 15, "1.75 ms", id="of all requests to all servers"),
        pytest.param([says(1.9)], 5, None, id="not yet ten minutes"),
        pytest.param([says(1.9, 999)], 15, None, id="too few requests"),
        pytest.param([says(1.9, seconds=300.0)], 15, None, id="a sentinel that was restarted"),
        pytest.param([revising.traffic(5000)], 15, None, id="a sentinel that counts one minute"),
        pytest.param([], 15, None, id="nobody was heard"),
    ],
)
def test_the_first_ten_minutes_are_kept_with_the_revision(reports, minutes, expected):
    assert latency(served(*reports, minutes=minutes).reconcile()) == expected


def test_they_are_kept_once():
    world = served(says(2.0))
    world.reconcile()
    revising.later(world, hours=5)
    hear(world, says(3.0))
    assert latency(world.reconcile()) == "2 ms"


def test_each_revision_has_its_own():
    world = served(says(2.0))
    world.reconcile()
    revising.served(world, **revising.SECOND)
    revising.later(world, minutes=15)
    hear(world, says(1.0))
    status = world.reconcile()
    assert [entry.get("latency") for entry in status["history"]] == ["1 ms", "2 ms"]


@pytest.mark.parametrize(
    ("now", "expected", "said"),
    [
        (says(2.2), "True/AnswersRight", "requests take about as long as in the first ten minutes (2 ms)"),
        (says(5.0), "True/AnswersRight", "up to three times as long as"),
        (says(6.5), "False/Slower", "more than 3 times as long as in the first ten minutes (2 ms); see whether"),
        (says(6.5, 500), "True/AnswersRight", "requests took 2 ms in the first ten minutes"),
    ],
)
def test_healthy_compares_with_them(now, expected, said):
    world = served(says(2.0))
    world.reconcile()
    status = hear(world, now).reconcile()
    assert health(status) == expected
    assert said in worlds.condition(status, "Healthy")["message"]
    assert revising.ready(status) == "True/Serving"


def test_what_takes_hardly_any_time_may_take_three_times_as_long():
    world = served(says(0.2))
    world.reconcile()
    assert health(hear(world, says(0.9)).reconcile()) == "True/AnswersRight"


def test_what_was_slower_stays_so_until_it_is_clearly_less():
    world = served(says(2.0))
    world.reconcile()
    story = [hear(world, says(mean)).reconcile() for mean in (6.5, 5.0, 3.9, 5.0)]
    assert list(map(health, story)) == ["False/Slower"] * 2 + ["True/AnswersRight"] * 2
    assert "more than 2 times" in worlds.condition(story[1], "Healthy")["message"]


def test_a_mean_that_changes_all_the_time_is_no_write():
    world = served(says(2.0))
    world.reconcile()
    before = world.reconcile()
    for mean in (2.1, 1.8, 2.6):
        assert hear(world, says(mean)).reconcile() == before
