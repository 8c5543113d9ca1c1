import dataclasses

import pytest

from model_serving.sentinel import decide

LIMIT = 60.0
READY, ABSENT, SILENT, NOT_READY = (
    decide.Server.READY,
    decide.Server.ABSENT,
    decide.Server.SILENT,
    decide.Server.NOT_READY,
)
RIGHT, WRONG, FAILED, STALLED = (decide.Golden.RIGHT, decide.Golden.WRONG, decide.Golden.FAILED, decide.Golden.STALLED)
NEW = decide.State()
UP = decide.State(server=READY, started=True, successes=10)
PROVEN = dataclasses.replace(UP, proven=True)
FAILING = dataclasses.replace(PROVEN, failing_since=100.0)
ERRING = dataclasses.replace(FAILING, erring_since=100.0)


def look(now, server, golden=decide.Golden.UNTRIED, successes=None):
    return decide.Observation(now=now, server=server, golden=golden, successes=successes, message="words")


@pytest.mark.parametrize(
    ("state", "seen", "startup", "readiness", "liveness", "reason"),
    [
        pytest.param(NEW, look(1000, ABSENT), False, False, True, "TritonAbsent", id="it has not come up yet"),
        pytest.param(NEW, look(0, SILENT), True, False, True, "TritonSilent", id="it listens and says nothing"),
        pytest.param(NEW, look(0, NOT_READY), True, False, True, "ModelNotLoaded", id="the model did not load"),
        pytest.param(NEW, look(0, READY, RIGHT), True, True, True, "Serving", id="right at the first look"),
        pytest.param(NEW, look(0, READY, decide.Golden.NONE), True, True, True, "Serving", id="no golden samples"),
        pytest.param(NEW, look(0, READY, decide.Golden.UNTRIED), True, False, True, "GoldenPending", id="not tried"),
        pytest.param(UP, look(0, READY, WRONG), True, False, True, "GoldenWrong", id="wrong before first ready"),
        pytest.param(PROVEN, look(0, READY, WRONG), True, True, True, "GoldenWrong", id="wrong later: others decide"),
        pytest.param(
            FAILING, look(1000, READY, WRONG), True, True, True, "GoldenWrong", id="wrong is an answer: alive"
        ),
        pytest.param(PROVEN, look(0, READY, FAILED), True, False, True, "GoldenFailed", id="the first failure"),
        pytest.param(FAILING, look(159, READY, STALLED), True, False, True, "GoldenStalled", id="just below the limit"),
        pytest.param(ERRING, look(109, READY, FAILED), True, False, True, "GoldenFailed", id="errors for nine seconds"),
        pytest.param(ERRING, look(110, READY, FAILED), True, False, False, "GoldenFailed", id="errors for ten"),
        pytest.param(ERRING, look(115, READY, FAILED, 11), True, True, True, "Busy", id="errors, and others succeed"),
        pytest.param(ERRING, look(115, READY, STALLED), True, False, True, "GoldenStalled", id="errors no more"),
        pytest.param(FAILING, look(159, READY, FAILED), True, False, True, "GoldenFailed", id="stalled, then an error"),
        pytest.param(FAILING, look(160, READY, FAILED), True, False, False, "GoldenFailed", id="at the limit"),
        pytest.param(
            FAILING, look(160, READY, STALLED), True, False, False, "GoldenStalled", id="stalled at the limit"
        ),
        pytest.param(FAILING, look(160, SILENT), True, False, False, "TritonSilent", id="frozen at the limit"),
        pytest.param(FAILING, look(160, ABSENT), False, False, False, "TritonAbsent", id="gone for the limit"),
        pytest.param(FAILING, look(160, READY, RIGHT), True, True, True, "Serving", id="it recovered"),
        pytest.param(FAILING, look(160, READY, STALLED, 11), True, True, True, "Busy", id="busy, not dead"),
        pytest.param(FAILING, look(160, READY, FAILED, 11), True, True, True, "Busy", id="others succeed"),
        pytest.param(
            UP, look(160, READY, STALLED, 11), True, False, True, "GoldenPending", id="busy before first ready"
        ),
        pytest.param(FAILING, look(160, READY, STALLED, 10), True, False, False, "GoldenStalled", id="nobody succeeds"),
        pytest.param(
            FAILING, look(160, READY, STALLED, 3), True, False, False, "GoldenStalled", id="loaded anew, no more"
        ),
        pytest.param(FAILING, look(160, SILENT, successes=11), True, True, True, "Busy", id="a crowd at the door"),
        pytest.param(FAILING, look(160, SILENT, successes=10), True, False, False, "TritonSilent", id="nobody passes"),
        pytest.param(FAILING, look(160, NOT_READY), True, False, True, "ModelNotLoaded", id="restarts mend no model"),
    ],
)
def test_verdicts(state, seen, startup, readiness, liveness, reason):
    _, verdicts = decide.decide(state, seen, LIMIT)
    assert (verdicts.startup.ok, verdicts.readiness.ok, verdicts.liveness.ok) == (startup, readiness, liveness)
    assert verdicts.readiness.reason == reason
    assert "words" in verdicts.readiness.message


def replay(*seen, state=NEW):
    verdicts = decide.BEGINNING
    for each in seen:
        state, verdicts = decide.decide(state, each, LIMIT)
    return state, verdicts


def test_a_server_that_came_back_is_not_judged_by_its_former_life():
    state, verdicts = replay(look(200, ABSENT), look(210, READY, FAILED), state=FAILING)
    assert verdicts.liveness.ok
    assert state.failing_since == 210


def test_one_success_among_failures_starts_the_clock_anew():
    _, verdicts = replay(
        look(0, READY, RIGHT),
        look(10, READY, FAILED),
        look(60, READY, RIGHT),
        look(65, READY, STALLED),
        look(118, READY, FAILED),
        look(120, READY, FAILED),
    )
    assert verdicts.liveness.ok


def test_a_server_that_freezes_and_fails_in_turns_dies_all_the_same():
    _, verdicts = replay(
        look(0, READY, RIGHT), look(10, SILENT), look(30, READY, FAILED), look(50, SILENT), look(70, READY, STALLED)
    )
    assert not verdicts.liveness.ok
    assert verdicts.liveness.message == "nothing succeeded for 60 s: words"


def test_looks_with_one_reason_are_counted():
    looks = (look(0, ABSENT), look(1, ABSENT), look(2, READY, RIGHT), look(3, READY, RIGHT), look(4, READY, WRONG))
    counted = [replay(*looks[: number + 1])[0] for number in range(len(looks))]
    assert [(state.reason, state.looks) for state in counted] == [
        ("TritonAbsent", 1),
        ("TritonAbsent", 2),
        ("Serving", 1),
        ("Serving", 2),
        ("GoldenWrong", 1),
    ]


def test_deaths_are_counted_and_not_what_others_ended():
    """It dies, is restarted, dies again; then somebody ends it, and it stays away for longer than the limit."""
    looks = [look(0, READY, RIGHT)]
    for began in (5, 50):
        looks += [look(began + second, READY, FAILED) for second in range(0, 15, 5)]
        looks += [look(began + 20, ABSENT), look(began + 30, READY, RIGHT)]
    looks += [look(100, ABSENT), look(170, ABSENT), look(175, READY, RIGHT)]
    deaths = [replay(*looks[: number + 1])[0].deaths for number in range(len(looks))]
    assert deaths == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert not replay(*looks[:-1])[1].liveness.ok


def test_an_overloaded_server_lives_as_long_as_somebody_succeeds():
    crowd = [look(10 + 10 * n, *((SILENT,) if n % 2 else (READY, STALLED)), successes=10 + n) for n in range(1, 100)]
    for number in range(1, len(crowd)):
        _, verdicts = replay(*crowd[:number], state=PROVEN)
        assert verdicts.liveness.ok
        assert verdicts.readiness.ok


def test_loading_for_hours_is_no_reason_to_die():
    _, verdicts = replay(*(look(now, ABSENT) for now in range(0, 10_000, 5)))
    assert verdicts.liveness.ok
