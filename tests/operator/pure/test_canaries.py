"""A revision is tried on a share of the requests, and goes on, or back, by what it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure import making, revising, worlds

from model_operator import kinds, names
from model_operator.api import rollouts
from model_operator.deployments import analysing, canaries, sentinels

STEPS = [{"weight": 20, "duration": "5m"}, {"weight": 50, "duration": "5m"}]
ROLLOUT = {"strategy": "canary", "canary": {"steps": STEPS}}
THIRD = {**revising.THIRD, "rollout": ROLLOUT}


def tried(*, replicas=2, rollout=ROLLOUT):
    """The third revision is tried beside the second; its servers have not come yet."""
    world = revising.seasoned(replicas=replicas)
    revising.serve(world, **revising.THIRD, replicas=replicas, rollout=rollout)
    return world


def ready(world):
    """The servers of the canary are ready."""
    making.roll(world, revising.CANARY)
    return world.reconcile()


def pass_time(world, minutes):
    revising.later(world, minutes=minutes)
    return world.reconcile()


def canary_of(status):
    return status["rollout"].get("canary")


def test_it_stands_beside_what_serves_with_its_own_track():
    world = tried()
    stable, canary = world.find(kinds.DEPLOYMENT, "digits"), world.find(kinds.DEPLOYMENT, revising.CANARY)
    assert revising.revision(world) != revising.revision(world, revising.CANARY)
    assert stable["spec"]["replicas"] == 2
    assert canary["spec"]["selector"]["matchLabels"][names.TRACK_LABEL] == "canary"
    labels = canary["spec"]["template"]["metadata"]["labels"]
    service = world.find(kinds.SERVICE, "digits")["spec"]["selector"]
    assert service.items() <= labels.items()
    assert not stable["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_ready_says_where_it_stands():
    world = tried()
    status = ready(world)
    assert revising.ready(status) == "False/Canary"
    assert worlds.condition(status, "Reconciling")
    assert "step 1 of 2" in revising.words(status)
    assert "for 5m since" in revising.words(status)
    assert status["rollout"]["strategy"] == "canary"


def test_its_time_runs_from_when_its_servers_are_ready():
    world = tried()
    assert canary_of(pass_time(world, 10)).get("since", "") == ""
    assert canary_of(ready(world))["step"] == 1
    assert canary_of(pass_time(world, 4))["step"] == 1
    assert canary_of(pass_time(world, 2))["step"] == 2


def test_after_the_last_step_it_is_rolled_out_and_leaves_when_that_is_done():
    world = tried()
    second = revising.revision(world)
    for _ in STEPS:
        ready(world)
        pass_time(world, 6)
    third = revising.revision(world)
    assert third != second
    assert world.find(kinds.DEPLOYMENT, revising.CANARY)
    making.roll(world, "digits", updated=1)
    assert revising.ready(world.reconcile()) == "False/RollingOut"
    assert world.find(kinds.DEPLOYMENT, revising.CANARY)
    making.roll(world, "digits")
    status = world.reconcile()
    assert revising.ready(status) == "True/Serving"
    assert [one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)] == ["digits"]
    assert canary_of(status) is None
    assert status["history"][0]["revision"] == third
    assert "too few to judge by" in status["history"][0]["figures"]


def test_a_person_ends_it_well():
    world = tried()
    ready(world)
    world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["annotations"][names.PROMOTE] = revising.revision(
        world, revising.CANARY
    )
    world.reconcile()
    assert revising.revision(world) == revising.revision(world, revising.CANARY)


def test_a_promotion_of_another_revision_means_nothing():
    world = tried()
    ready(world)
    world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["annotations"][names.PROMOTE] = "digits-0123456789"
    assert revising.ready(world.reconcile()) == "False/Canary"


def test_a_step_without_a_duration_waits_for_a_person():
    world = tried(rollout={"strategy": "canary", "canary": {"steps": [{"weight": 20}]}})
    ready(world)
    status = pass_time(world, 60 * 24)
    assert revising.ready(status) == "False/Canary"
    assert "modelsmith promote" in revising.words(status)


@pytest.mark.parametrize(
    ("canary", "stable", "words"),
    [
        (revising.traffic(90, 10), revising.traffic(100), "10 of 100 requests failed"),
        (revising.traffic(100, mean_ms=3.1), revising.traffic(100), "3.1 ms on average, and 2 ms"),
        (revising.WRONG | {"ok": True}, revising.traffic(100), "output y differs"),
    ],
    ids=["it fails requests", "it is slower", "it answers wrongly"],
)
def test_what_does_worse_is_sent_back_before_its_time_is_over(canary, stable, words):
    world = tried()
    second = revising.revision(world)
    ready(world)
    revising.pod(world, name="digits", number=1, says=stable, ready=True)
    revising.pod(world, name=revising.CANARY, says=canary, ready=True)
    status = world.reconcile()
    assert revising.ready(status) == "False/RolledBack"
    assert words in revising.words(status)
    assert [one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)] == ["digits"]
    assert revising.revision(world) == second
    assert canary_of(status) is None
    revising.later(world, hours=1)
    assert revising.ready(world.reconcile()) == "False/RolledBack"


def test_one_whose_servers_never_come_right_gets_no_traffic_and_is_sent_back():
    world = tried()
    second = revising.revision(world)
    making.roll(world, revising.CANARY, ready=0)
    revising.pod(world, name=revising.CANARY, says=revising.WRONG)
    status = world.reconcile()
    assert status["rollout"]["rejected"]["reason"] == "AnswersWrong"
    assert revising.revision(world) == second


def test_one_that_is_silent_past_its_deadline_is_sent_back():
    world = tried()
    making.roll(world, revising.CANARY, ready=0)
    overdue = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    world.find(kinds.DEPLOYMENT, revising.CANARY)["status"]["conditions"] = [overdue]
    assert world.reconcile()["rollout"]["rejected"]["reason"] == "RolloutStuck"


def test_an_unschedulable_one_is_waited_for():
    world = tried()
    making.roll(world, revising.CANARY, ready=0)
    revising.pod(world, name=revising.CANARY, **making.unscheduled())
    status = world.reconcile()
    assert revising.ready(status) == "False/Canary"
    assert "no node takes the pod" in revising.words(status)


def test_figures_of_both_are_kept_with_a_finished_step():
    world = tried()
    ready(world)
    revising.pod(world, name="digits", number=1, says=revising.traffic(1000, mean_ms=2.0), ready=True)
    revising.pod(world, name=revising.CANARY, says=revising.traffic(1200, 3, mean_ms=2.1), ready=True)
    status = pass_time(world, 6)
    expected = "3 of 1,203 requests failed within a minute; 2.1 ms on average, 2 ms with the revision before"
    assert canary_of(status)["figures"] == expected


def test_a_first_revision_is_rolled_out_at_once():
    world = making.serving(serving={"rollout": ROLLOUT})
    rollout = world.find(kinds.MODEL_DEPLOYMENT)["status"]["rollout"]
    assert "spec.serving.rollout.strategy is canary" in rollout["message"]
    assert "the next is tried" in rollout["message"]
    assert [one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)] == ["digits"]
    assert revising.ready(world.reconcile()) == "True/Serving"


def test_where_no_servers_are_wanted_nothing_is_tried():
    world = revising.seasoned()
    revising.serve(world, **revising.THIRD, replicas=0, rollout=ROLLOUT)
    assert [one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)] == ["digits"]
    assert world.find(kinds.DEPLOYMENT)["spec"]["replicas"] == 0


def test_another_change_takes_its_place():
    world = tried()
    ready(world)
    first = revising.revision(world, revising.CANARY)
    status = revising.serve(world, instances={"count": 4}, replicas=2, rollout=ROLLOUT)
    assert revising.revision(world, revising.CANARY) != first
    assert canary_of(status)["step"] == 1
    assert canary_of(status).get("since", "") == ""


def test_a_change_taken_back_ends_it():
    world = tried()
    ready(world)
    status = revising.serve(world, **revising.SECOND, replicas=2, rollout=ROLLOUT)
    assert [one["metadata"]["name"] for one in world.all(kinds.DEPLOYMENT)] == ["digits"]
    assert revising.ready(status) == "True/Serving"


def test_suspended_it_stays_as_it_is():
    world = tried()
    ready(world)
    before = world.find(kinds.DEPLOYMENT, revising.CANARY)
    world.put(making.model_deployment(suspend=True, serving={**THIRD, "replicas": 2}))
    status = world.reconcile()
    assert world.find(kinds.DEPLOYMENT, revising.CANARY) == before
    assert canary_of(status)["step"] == 1


def test_fewer_steps_than_there_were_go_on_with_the_last():
    world = tried()
    ready(world)
    pass_time(world, 6)
    shorter = {"strategy": "canary", "canary": {"steps": STEPS[:1]}}
    status = revising.serve(world, **revising.THIRD, replicas=2, rollout=shorter)
    assert canary_of(status)["step"] == 1


@pytest.mark.parametrize(
    ("weight", "stable", "servers"),
    [(10, 1, 1), (10, 2, 1), (10, 9, 1), (10, 18, 2), (20, 2, 1), (50, 4, 4), (25, 9, 3)],
)
def test_servers_make_the_share(weight, stable, servers):
    assert canaries.servers_for(weight, stable, routed=False) == servers


@pytest.mark.parametrize(("weight", "stable", "servers"), [(10, 1, 1), (50, 4, 2), (90, 10, 9), (100, 3, 3)])
def test_where_a_route_weighs_they_carry_it(weight, stable, servers):
    assert canaries.servers_for(weight, stable, routed=True) == servers


reports = st.lists(
    st.builds(
        sentinels.Report,
        traffic=st.none()
        | st.builds(
            sentinels.Traffic,
            seconds=st.floats(0, 60),
            succeeded=st.integers(0, 10**6),
            failed=st.integers(0, 10**6),
            mean_ms=st.floats(0, 1e6),
        ),
    ),
    max_size=3,
)


@given(canary=reports, stable=reports)
def test_with_too_few_requests_nobody_is_blamed(canary, stable):
    limits = rollouts.Canary(min_requests=1000)
    analysis = analysing.compare(canary, stable, limits)
    new = analysing.total(canary)
    assert analysis.figures
    assert analysis.finding is None or new.requests >= limits.min_requests
    if new.requests >= limits.min_requests and new.failed > new.requests * 0.02:
        assert analysis.finding


GATEWAY = {"parentRefs": [{"name": "public"}], "hostnames": ["digits.example.com"]}


def weights(world):
    """Service -> weight, as the route says it."""
    [rule] = world.find(kinds.HTTP_ROUTE)["spec"]["rules"]
    return {one["name"]: one.get("weight", 1) for one in rule["backendRefs"]}


def test_a_route_gives_it_exactly_its_share_once_it_is_ready():
    world = revising.seasoned(replicas=4, gateway=GATEWAY)
    assert weights(world) == {"digits": 1}
    steps = {"strategy": "canary", "canary": {"steps": [{"weight": 10, "duration": "5m"}, {"weight": 90}]}}
    revising.serve(world, **revising.THIRD, replicas=4, gateway=GATEWAY, rollout=steps)
    assert weights(world) == {"digits-stable": 100, "digits-canary": 0}
    ready(world)
    assert weights(world) == {"digits-stable": 90, "digits-canary": 10}
    pass_time(world, 6)
    assert world.find(kinds.DEPLOYMENT, revising.CANARY)["spec"]["replicas"] == 4
    ready(world)
    assert weights(world) == {"digits-stable": 10, "digits-canary": 90}
    canary = revising.revision(world, revising.CANARY)
    world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["annotations"][names.PROMOTE] = canary
    world.reconcile()
    assert weights(world) == {"digits": 1}
