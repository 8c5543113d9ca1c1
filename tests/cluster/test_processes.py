"""Processes are found again, ended, and never mistaken for others."""

import dataclasses
import os
import sys
import time

import pytest

from cluster import errors, processes


@pytest.fixture
def keeper(tmp_path):
    return processes.Keeper(tmp_path / "run", tmp_path / "logs")


@pytest.fixture
def sleeper(keeper):
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    yield processes.Program("sleeper", argv, lambda: True)
    keeper.stop("sleeper", patience=1)


def test_a_running_program_is_not_started_twice(keeper, sleeper):
    assert keeper.start(sleeper) is True
    first = keeper.find("sleeper")
    assert keeper.start(sleeper) is False
    assert keeper.find("sleeper") == first


def test_a_program_with_new_arguments_is_replaced(keeper, sleeper):
    keeper.start(sleeper)
    before = keeper.find("sleeper")
    keeper.start(dataclasses.replace(sleeper, argv=[*sleeper.argv, "other"]))
    assert not before.alive
    assert keeper.find("sleeper").alive


def test_a_killed_program_is_started_again(keeper, sleeper):
    keeper.start(sleeper)
    killed = keeper.find("sleeper")
    os.kill(killed.pid, 9)
    deadline = time.monotonic() + 5
    while killed.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert keeper.start(sleeper) is True
    assert keeper.find("sleeper").alive


def test_a_recycled_pid_is_a_stranger():
    ours = processes.Record(os.getpid(), processes.start_ticks(os.getpid()) - 1, 0.0, ())
    assert not ours.alive


def test_stopping_ends_the_process_and_forgets_it(keeper, sleeper):
    keeper.start(sleeper)
    record = keeper.find("sleeper")
    assert keeper.stop("sleeper") is True
    assert not record.alive
    assert keeper.find("sleeper") is None
    assert keeper.stop("sleeper") is False


def test_a_process_that_ignores_the_request_is_killed(keeper, tmp_path):
    deaf = tmp_path / "deaf"
    code = (
        "import signal, sys, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    keeper.start(processes.Program("deaf", [sys.executable, "-c", code, str(deaf)], deaf.exists))
    record = keeper.find("deaf")
    keeper.stop("deaf", patience=0.3)
    assert not record.alive


def test_a_program_that_ends_before_it_is_ready_is_started_again_as_often_as_it_may(keeper, tmp_path):
    tries = tmp_path / "tries"
    code = (
        "import sys, time, pathlib; tries = pathlib.Path(sys.argv[1]); tries.open('a').write('x'); "
        "len(tries.read_text()) < 3 and sys.exit('the runtime does not answer yet'); time.sleep(60)"
    )
    program = processes.Program(
        "hasty",
        [sys.executable, "-c", code, str(tries)],
        lambda: tries.exists() and tries.read_text() == "xxx",
        tries=2,
    )
    with pytest.raises(errors.NotReadyError, match="hasty is not ready: it ended"):
        keeper.start(program)
    assert tries.read_text() == "xx"
    assert keeper.start(program) is True
    assert keeper.find("hasty").alive
    keeper.stop("hasty", patience=1)


def test_the_error_shows_the_end_of_the_log(keeper):
    code = "import sys; sys.exit('the disk is full')"
    program = processes.Program("broken", [sys.executable, "-c", code], lambda: False)
    with pytest.raises(errors.NotReadyError, match=r"broken is not ready: it ended(.|\n)*the disk is full"):
        keeper.start(program)


def test_a_program_that_never_answers_is_named(keeper, sleeper):
    silent = dataclasses.replace(sleeper, ready=lambda: False, patience=0.2)
    with pytest.raises(errors.NotReadyError, match="sleeper is not ready: no answer"):
        keeper.start(silent)


def test_the_marker_of_an_earlier_run_does_not_count(keeper, sleeper, tmp_path):
    marker = tmp_path / "ready"
    marker.touch()
    late = dataclasses.replace(sleeper, ready=marker.exists, marker=marker, patience=0.2)
    with pytest.raises(errors.NotReadyError):
        keeper.start(late)


def test_a_damaged_record_is_no_record(keeper):
    keeper.records.mkdir()
    (keeper.records / "etcd.json").write_text('{"pid": 1')
    assert keeper.find("etcd") is None
