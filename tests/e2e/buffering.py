"""A gateway that buffers, as KEDA's HTTP add-on or Knative's activator do: it holds requests until a server takes them.

It counts those that are with it, for Prometheus, because nobody else can while there is no server.
"""

import contextlib
import http.client
import http.server
import threading
import time
from collections.abc import Iterator

from cluster import layout, scraping

HELD = "test_gateway_open_requests"
#: A request is held for no longer; between two tries it waits a little.
PATIENCE, PAUSE = 180.0, 0.5
OK = 200
JOB = """\
scrape_configs:
  - job_name: test-gateway
    scrape_interval: 5s
    static_configs: [{{targets: ["{address}"]}}]
"""


class Gateway(http.server.ThreadingHTTPServer):
    """In front of one model, on the bridge, where Prometheus and the tests' clients reach it."""

    daemon_threads = True

    def __init__(self, upstream: str, path: str) -> None:
        """`upstream`: host:port of the model's Service; `path`: where it infers."""
        super().__init__((layout.BRIDGE_ADDRESS, 0), Handler)
        self.upstream, self.path, self.open, self.lock = upstream, path, 0, threading.Lock()
        self.address = f"{layout.BRIDGE_ADDRESS}:{self.server_address[1]}"

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """One request more is with it."""
        with self.lock:
            self.open += 1
        try:
            yield
        finally:
            with self.lock:
                self.open -= 1

    def forward(self, body: bytes) -> tuple[int, bytes]:
        """The first answer of a server; 504 when none came in time."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.ask(body)
            time.sleep(PAUSE)
        return 504, b""

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Once. Raises what a Service without servers leads to."""
        host, _, port = self.upstream.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", self.path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()


class Handler(http.server.BaseHTTPRequestHandler):
    """Requests to hold, and Prometheus'."""

    server: Gateway

    def do_POST(self) -> None:
        """Hold it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.counted():
            self._answer(*self.server.forward(body))

    def do_GET(self) -> None:
        """How many are held."""
        self._answer(OK, f"# TYPE {HELD} gauge\n{HELD} {self.server.open}\n".encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def gateway(upstream: str, path: str) -> Iterator[Gateway]:
    """One that serves, and that Prometheus scrapes."""
    job = scraping.further_jobs() / "test-gateway.yaml"
    with Gateway(upstream, path) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        job.write_text(JOB.format(address=made.address))
        scraping.reload()
        try:
            yield made
        finally:
            job.unlink()
            scraping.reload()
            made.shutdown()
