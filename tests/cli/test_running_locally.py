"""`modelsmith run`: a real server and sentinel, from the first line to the last process."""

import json
import os
import re
import shlex
import signal
import socket
from pathlib import Path

import numpy as np
import pytest

from cli import runs
from serving import processes

ANY = ("--port=0", "--grpc-port=0")


@pytest.fixture(scope="module")
def serving(machine, built, tmp_path_factory):
    """A run that serves, and what it said."""
    log = tmp_path_factory.mktemp("serving") / "log"
    with running(machine, log) as run:
        run.until(runs.SERVES)
        yield run


def running(machine, log, *arguments):
    return machine.running(log, "run", "-f", machine.file, "--source", machine.source, *ANY, *arguments)


def line(said, name):
    """The words beside a name."""
    return re.search(rf"^  {name} +(.*)$", said, re.MULTILINE)[1]


def golden(built):
    with np.load(built[1] / "artifact/golden.npz") as arrays:
        return dict(arrays)


def triton(run):
    """The process of the server."""
    children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if "tritonserver" in runs.command_line(Path(f"/proc/{pid}/cmdline")))


def folder(run):
    """Where it keeps what it needs."""
    return Path(line(run.log.read_text(), "curl").rsplit("@")[1]).parent


def test_the_model_answers_as_the_build_saw_it_answer(machine, built, serving):
    url = shlex.split(line(serving.log.read_text(), "ask"))[3]
    sample = f"image={built[1]}/artifact/golden.npz:input.image:2"
    done = machine.run("predict", "--url", url, "--model", "tiny", "--input", sample, "--json")
    np.testing.assert_allclose(json.loads(done.stdout)["output"], golden(built)["output.output"][2], atol=1e-5)


def test_the_command_that_it_shows_works(machine, serving):
    program, verb, *arguments = shlex.split(line(serving.log.read_text(), "ask"))
    done = machine.run(verb, *arguments)
    assert program == "modelsmith"
    assert "top class: " in done.stdout, done.stderr


def test_the_request_that_it_shows_for_curl_is_answered(built, serving):
    *_, url, _, body = shlex.split(line(serving.log.read_text(), "curl"))
    status, answer = processes.get(url, json.loads(Path(body.removeprefix("@")).read_text()))
    assert status == 200
    np.testing.assert_allclose(answer["outputs"][0]["data"], golden(built)["output.output"][0].ravel(), atol=1e-5)


def test_it_listens_on_one_address_alone(serving):
    """Whoever listens on every address is also reached at the others of the loopback network."""
    for port in map(int, re.findall(r"127\.0\.0\.1:(\d+)", serving.log.read_text())):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_what_the_sentinel_finds_is_told(serving):
    assert "\nready: Serving\n" in serving.until("ready: Serving")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_leaves_nothing(machine, built, tmp_path, number):
    with running(machine, tmp_path / "log") as run:
        run.until(runs.SERVES)
        pid, work = triton(run), folder(run)
        assert list(Path("/dev/shm").glob(f"modelsmith-{work.name}-*"))
        assert run.end(number) == 0
        assert run.log.read_text().endswith("stopped: nothing of it runs any more\n")
    assert not Path(f"/proc/{pid}").exists()
    assert not work.exists()
    assert not list(Path("/dev/shm").glob(f"modelsmith-{work.name}-*"))


def test_a_second_signal_does_not_wait_for_the_server(machine, built, tmp_path):
    with running(machine, tmp_path / "log") as run:
        run.until(runs.SERVES)
        pid = triton(run)
        os.kill(pid, signal.SIGSTOP)
        run.process.send_signal(signal.SIGINT)
        began = processes.time.monotonic()
        while not processes.time.sleep(0.3) and run.process.poll() is None:
            run.process.send_signal(signal.SIGINT)
        assert processes.time.monotonic() - began < 2.5
    assert not Path(f"/proc/{pid}").exists()


def test_when_it_is_killed_the_kernel_ends_the_server(machine, built, tmp_path):
    with running(machine, tmp_path / "log") as run:
        run.until(runs.SERVES)
        pid = triton(run)
        run.end(signal.SIGKILL)
    runs.until(lambda: not Path(f"/proc/{pid}").exists())


def test_once_ends_when_the_answers_are_right(machine, built):
    done = machine.run("run", "-f", machine.file, "--source", machine.source, *ANY, "--once")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("tiny is ready: it answers the golden requests")


def test_a_port_that_is_taken_is_named_before_anything_is_built(machine):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        done = machine.run("run", "-f", machine.file, "--source", machine.source, "--port", port, "--grpc-port=0")
    assert done.returncode == 1
    assert f"--port {port} cannot be used: another program listens there. Choose another with --port" in done.stderr
    assert "fetch" not in done.stderr


def test_the_two_ports_differ(machine):
    [port] = processes.free_ports(1)
    done = machine.run("run", "-f", machine.file, "--source", machine.source, "--port", port, "--grpc-port", port)
    assert done.returncode == 1
    assert "--port and --grpc-port must differ" in done.stderr


def test_a_server_that_dies_is_told_with_its_last_words(machine, built, tmp_path):
    with running(machine, tmp_path / "log") as run:
        run.until(runs.SERVES)
        os.kill(triton(run), signal.SIGKILL)
        assert run.process.wait(runs.PATIENCE) == 1
        said = run.log.read_text()
    assert "modelsmith run: triton was ended by SIGKILL" in said
    assert "Started HTTPService" in said


def test_a_server_that_does_not_start_is_told_with_its_words(machine, built, tmp_path):
    program = tmp_path / "tritonserver"
    program.write_text("#!/bin/sh\necho no driver here\nexit 3\n")
    program.chmod(0o755)
    source = ("-f", machine.file, "--source", machine.source)
    done = machine.run("run", *source, *ANY, "--tritonserver", program)
    assert done.returncode == 1
    assert "triton ended with exit code 3" in done.stderr
    assert "  no driver here" in done.stderr


def test_a_model_that_is_not_ready_in_time_is_told_with_the_way_out(machine, built):
    done = machine.run("run", "-f", machine.file, "--source", machine.source, *ANY, "--timeout=0")
    assert done.returncode == 1
    assert "the model is not ready after 0 s: " in done.stderr
    assert "--timeout SECONDS" in done.stderr


def test_gpus_are_not_promised_by_the_development_server(machine, built, tmp_path):
    document = runs.document(target={"cpu": "portable"})
    document["spec"]["serving"] = {"gpu": {"count": 1}}
    file = runs.write(tmp_path / "gpu.yaml", document)
    done = machine.run("run", "-f", file, "--source", machine.source, *ANY)
    assert done.returncode == 1
    assert "spec.serving.gpu: the development server has no GPU. Name another with --tritonserver PATH" in done.stderr
