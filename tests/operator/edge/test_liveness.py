"""The liveness probe as the kubelet runs it: only a sentinel that says no fails it."""

import contextlib
import socket
import subprocess
import threading

import pytest

from model_operator.deployments.manifests import parts
from model_serving import settings


@contextlib.contextmanager
def sentinel(answer: bytes | None):
    """Something that answers so on a port of its own; None: it accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    request = b""
                    while not request.endswith(b"\r\n\r\n"):
                        request += connection.recv(1024)
                    assert request == b"GET /livez HTTP/1.0\r\n\r\n"
                    if answer is not None:
                        connection.sendall(answer)
                    else:
                        connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
    thread.join()


def probe(port: int) -> int:
    script = parts.LIVE.replace(f"/{settings.SENTINEL_PORT} ", f"/{port} ")
    assert script != parts.LIVE
    return subprocess.run(["bash", "-c", script], check=False, capture_output=True, timeout=10).returncode


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n{}", 0),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n{}", 1),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", 0),
        (b"", 0),
        (None, 0),
    ],
    ids=["alive", "dead", "an error of its own", "nothing", "silence"],
)
def test_only_a_no_fails_it(answer, code):
    with sentinel(answer) as port:
        assert probe(port) == code


def test_a_sentinel_that_is_not_there_fails_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert probe(port) == 0
