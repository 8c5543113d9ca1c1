"""Real servers and sentinels, each gone when its test is, however the test ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from model_serving import development, flags

ROOT = Path(__file__).parents[2]
#: Longest wait for a process to do what it should; the machine may be busy.
PATIENCE = 60
#: The kernel ends the process when this one dies, however that happens.
DIE_WITH_PARENT = ("setpriv", "--pdeathsig=KILL")


def free_ports(count):
    """Held all at once, so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def get(url, data=None, headers=None):
    """Status and JSON (or text) of an answer."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, data=body, headers=headers or {})  # noqa: S310 - of a server started here
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return answer.status, parsed(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, parsed(error.read())


def parsed(content):
    try:
        return json.loads(content)
    except ValueError:
        return content.decode()


def until(probe, patience=PATIENCE):
    """The first true answer of the probe; a refused connection is no answer yet."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError):
            if answer := probe():
                return answer
        assert time.monotonic() < deadline, f"not within {patience} s"
        time.sleep(0.05)


@contextlib.contextmanager
def running(argv, env, log):
    """A process in a group of its own."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*DIE_WITH_PARENT, *argv], env=env, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Triton:
    """A development server that runs."""

    def __init__(self, process, listening, log):
        self.process = process
        self.log = log
        self.url = f"http://127.0.0.1:{listening.http}"
        self.grpc = f"127.0.0.1:{listening.grpc}"
        self.metrics = f"http://127.0.0.1:{listening.metrics}/metrics"

    def ask(self, path, data=None, headers=None):
        return get(f"{self.url}/v2/{path}", data, headers)

    def infer(self, image, model="tiny"):
        tensor = {"name": "image", "shape": list(image.shape), "datatype": "FP32", "data": image.ravel().tolist()}
        return self.ask(f"models/{model}/infer", {"inputs": [tensor]})

    def stubs(self):
        """The processes that hold the models."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in found.stdout.split()]


@contextlib.contextmanager
def shared_memory():
    """The flag that has a server name its regions after itself: a server that is killed leaves them behind."""
    prefix = f"modelsmith-test-{uuid.uuid4().hex[:8]}-"
    try:
        yield f"--backend-config=python,shm-region-prefix-name={prefix}"
    finally:
        for region in Path("/dev/shm").glob(f"{prefix}*"):
            region.unlink(missing_ok=True)


@contextlib.contextmanager
def triton(python, repository, scratch, serving, *, address="127.0.0.1", certificates="", **more):
    """The server with the very flags of a pod. Yields once all of it listens, whether or not the model loaded.

    Sampled requests, where there are any, lie in `samples` of its scratch folder.
    """
    listening = flags.Listening(address, *free_ports(3))
    arguments = flags.server(
        serving,
        repository=str(repository),
        listening=listening,
        key="test",
        certificates=str(certificates),
        samples=str(scratch / "samples"),
    )
    (scratch / "samples").mkdir(parents=True, exist_ok=True)
    log = scratch / "triton.log"
    with shared_memory() as regions:
        argv, env = development.command(python, scratch, [*arguments, regions])
        with running(argv, {**env, **more}, log) as process:
            server = Triton(process, listening, log)
            until(lambda: listens(server))
            yield server


def listens(server):
    assert server.process.poll() is None, server.log.read_text()
    # The port of the metrics is opened last.
    return server.ask("health/live")[0] == 200 and get(server.metrics)[0] == 200


class Sentinel:
    """A sentinel that runs."""

    def __init__(self, process, port, log):
        self.process = process
        self.log = log
        self.url = f"http://127.0.0.1:{port}"

    def probe(self, name):
        """Status and JSON reason."""
        return get(f"{self.url}/{name}")


@contextlib.contextmanager
def sentinel(artifact, triton_url, log, *arguments, metrics="", settings="", grpc=0, **seconds):
    """Yields once it listens."""
    [port] = free_ports(1)
    argv = [
        sys.executable,
        "-m",
        "model_serving",
        "sentinel",
        f"--artifact={artifact}",
        f"--triton={triton_url}",
        "--host=127.0.0.1",
        f"--port={port}",
        "--interval=0.2",
        f"--metrics={metrics}",
        f"--grpc-port={grpc}",
        *arguments,
    ]
    path = os.pathsep.join(str(ROOT / room) for room in ("serving", "model-builder"))
    variables = {f"MODELSMITH_SENTINEL_{name.upper()}_SECONDS": str(value) for name, value in seconds.items()}
    env = {**os.environ, "PYTHONPATH": path, "MODELSMITH_SETTINGS": settings or '{"modelName": "tiny"}', **variables}
    with running(argv, env, log) as process:
        watcher = Sentinel(process, port, log)
        until(lambda: watcher.probe("metrics")[0] == 200)
        yield watcher
