"""A real registry behind one that asks for tokens, as most public ones do: https://distribution.github.io/distribution/spec/auth/token/.

The token says what it allows, in clear: what is tried here is the client's side.
"""

import contextlib
import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from urllib import parse


class Guard(http.server.ThreadingHTTPServer):
    """Forwards what carries a token for it; hands out tokens to those who have the password."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.host = f"127.0.0.1:{self.server_port}"
        #: The actions of each token that was handed out, in order.
        self.granted: list[str] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Guard

    def handle_one_request(self) -> None:
        """Every method comes to the same place."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = parse.urlsplit(self.path)
        if path.path == "/token":
            return self._grant(parse.parse_qs(path.query)["scope"][0].rsplit(":", 1)[1])
        actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not set(actions.split(",")) <= set(token.split(",")):
            name = path.path.removeprefix("/v2/").split("/manifests/")[0].split("/blobs/")[0]
            challenge = (
                f'Bearer realm="http://{self.server.host}/token",service="tests",scope="repository:{name}:{actions}"'
            )
            return self._send(401, {"Www-Authenticate": challenge}, b"")
        return self._forward(body)

    def _grant(self, actions: str) -> None:
        if not self.headers.get("Authorization", "").startswith("Basic "):
            return self._send(401, {}, b"")
        self.server.granted.append(actions)
        return self._send(200, {}, json.dumps({"token": actions}).encode())

    def _forward(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=30)
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            self._send(answer.status, dict(answer.getheaders()), answer.read())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def guarding(upstream: str) -> Iterator[Guard]:
    """In front of a registry without a password of its own."""
    with Guard(upstream) as guard:
        threading.Thread(target=guard.serve_forever, daemon=True).start()
        yield guard
        guard.shutdown()
