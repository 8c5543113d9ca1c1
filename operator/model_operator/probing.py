"""/healthz, /readyz and /metrics."""

from collections.abc import Callable

from aiohttp import web

from model_operator import metrics


class Server:
    """Answers probes and scrapes while the event loop turns; a loop that hangs fails the liveness probe by itself."""

    def __init__(
        self, port: int, counters: metrics.Metrics, ready: Callable[[], bool], complaints: Callable[[], list[str]]
    ) -> None:
        """Take the port, what to show, whether the caches are filled, and what only a restart can mend."""
        self._counters = counters
        self._ready = ready
        self._complaints = complaints
        application = web.Application()
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._readiness)
        application.router.add_get("/metrics", self._metrics)
        self._port = port
        self._runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Listen. OSError when the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, None, self._port).start()

    async def stop(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        found = self._complaints()
        return web.Response(text="\n".join(found or ["ok"]) + "\n", status=503 if found else 200)

    async def _readiness(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n") if self._ready() else web.Response(text="filling the caches\n", status=503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._counters.text().encode(), headers={"Content-Type": metrics.CONTENT_TYPE})
