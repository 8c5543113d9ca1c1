"""A proxy between the operator and the real API server, that does wrong what it is told to.

It ends TLS with the API server's own certificate, so that the operator needs no other authority, and passes the
operator's token on. It runs in a thread of this process: it ends with the test.
"""

import asyncio
import contextlib
import enum
import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self

import aiohttp
from aiohttp import web
from edge import clusters, faults

_REASONS = {409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError"}
_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})


class Mode(enum.Enum):
    """What becomes of every connection."""

    OPEN = enum.auto()
    CUT = enum.auto()
    """Broken at once, those that are open, too."""
    SILENT = enum.auto()
    """Accepted, and not answered; streams say nothing more."""


class Ended(Exception):  # noqa: N818 - no error
    """A stream says nothing more, and is closed as it should be."""


class Proxy:
    """One listener on a free port of 127.0.0.1."""

    def __init__(self, cluster: clusters.Cluster, pki: Path, kill: Callable[[], None] = lambda: None) -> None:
        """Take the API server, its certificates, and how the operator is killed."""
        self.armed = faults.Armed()
        self.calls: list[faults.Call] = []
        """Every call and event that was seen."""
        self.statuses: list[tuple[faults.Call, clusters.Manifest]] = []
        """What the operator wrote of its resources, whatever became of it."""
        self.page = 0
        """Objects a page of a LIST, whatever is asked for; 0 leaves it."""
        self._mode = Mode.OPEN
        self._server, self._upstream = cluster.server, cluster.certificate_authority
        self._kill = kill
        self._certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._certificate.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        self._port = 0
        self._open: set[asyncio.Transport] = set()
        self._runs = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="proxy")

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        assert self._runs.wait(clusters.PATIENCE), "the proxy does not listen"
        return self

    def __exit__(self, *_: object) -> None:
        """Break every connection, and end."""
        self.turn(Mode.CUT)
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(clusters.PATIENCE)

    def kubeconfig(self, direct: Path) -> Path:
        """The operator's kubeconfig, with this proxy in place of the API server."""
        content = json.loads(direct.read_text())
        content["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._port}"
        through = direct.with_name(f"through-{self._port}")
        through.write_text(json.dumps(content))
        return through

    def turn(self, mode: Mode) -> None:
        """Change what becomes of connections."""
        self._mode = mode
        if mode is Mode.CUT:
            self._loop.call_soon_threadsafe(self._abort_all)

    def cut(self) -> None:
        """Break every connection that is open; new ones are welcome."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for transport in list(self._open):
            transport.abort()

    def _run(self) -> None:
        """Until the end; what is still being answered then is cancelled, and waited for."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._listen()
        await self._done.wait()
        await self._runner.cleanup()
        await self._session.close()
        # TLS connections are closed by the loop, a moment later (aiohttp's documentation, "Graceful shutdown").
        await asyncio.sleep(0.25)

    async def _listen(self) -> None:
        context = ssl.create_default_context(cadata=self._upstream)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=0), timeout=aiohttp.ClientTimeout(), trust_env=False
        )
        self._runner = web.ServerRunner(
            web.Server(self._handle, handler_cancellation=True, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._certificate)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._runs.set()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of the operator."""
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        self._open.add(transport)
        try:
            await self._obey_mode(transport)
            return await self._answer(request, transport)
        except (ConnectionError, aiohttp.ClientError):
            transport.abort()
            return web.Response()
        finally:
            self._open.discard(transport)

    async def _obey_mode(self, transport: asyncio.Transport) -> None:
        """Return when connections are open; what was held back comes then, as TCP would have it."""
        while self._mode is Mode.SILENT and not transport.is_closing():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.1)
        if self._mode is Mode.CUT or transport.is_closing():
            transport.abort()
            raise ConnectionResetError

    async def _answer(self, request: web.BaseRequest, transport: asyncio.Transport) -> web.StreamResponse:
        """What the API server says, unless a fault strikes."""
        watch, continued = request.query.get("watch") == "true", bool(request.query.get("continue"))
        about = faults.call(request.method, request.path, request.content_type, watch=watch, continued=continued)
        self.calls.append(about)
        if about.verb == "apply" and about.plural.endswith("/status"):
            self.statuses.append((about, json.loads(await request.read())["status"]))
        fault = self.armed.strike(about)
        what = fault.what if fault else None
        if fault and what is faults.What.REFUSE:
            return _refusal(fault)
        if what in {faults.What.CUT, faults.What.KILL_BEFORE}:
            if what is faults.What.KILL_BEFORE:
                self._kill()
            raise ConnectionResetError
        if what is faults.What.HANG:
            await _for_ever(transport)
        if fault and what is faults.What.DELAY:
            await asyncio.sleep(fault.seconds)
        return await self._pass(request, transport, what, watched=about.plural if watch else "")

    async def _pass(
        self, request: web.BaseRequest, transport: asyncio.Transport, what: faults.What | None, *, watched: str
    ) -> web.StreamResponse:
        """Ask the API server, and hand its answer on."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        query = dict(request.query)
        if self.page and "limit" in query:
            query["limit"] = str(self.page)
        asked = self._session.request(
            request.method,
            self._server + request.path,
            params=query,
            headers={**headers, "Accept-Encoding": "identity"},
            data=await request.read() or None,
        )
        async with asked as answer:
            if watched and answer.status == web.HTTPOk.status_code:
                return await self._stream(request, transport, answer, watched)
            body = await answer.read()
            if what is faults.What.KILL_AFTER:
                self._kill()
                raise ConnectionResetError
            if what is faults.What.LOSE:
                await _half(request, body)
                raise ConnectionResetError
            return web.Response(status=answer.status, body=body, headers=_content_type(answer))

    async def _stream(
        self, request: web.BaseRequest, transport: asyncio.Transport, answer: aiohttp.ClientResponse, plural: str
    ) -> web.StreamResponse:
        """A watch, event by event."""
        response = web.StreamResponse(headers=_content_type(answer))
        await response.prepare(request)
        with contextlib.suppress(Ended):
            async for line in _lines(answer.content):
                await self._obey_mode(transport)
                for piece in await self._event(response, transport, line, plural):
                    await response.write(piece)
        await response.write_eof()
        return response

    async def _event(
        self, response: web.StreamResponse, transport: asyncio.Transport, line: bytes, plural: str
    ) -> list[bytes]:
        """What becomes of one event. Raises Ended, or ConnectionResetError, when it is the last of its stream."""
        event = json.loads(line)
        metadata = event["object"].get("metadata", {})
        about = faults.Call(event["type"], plural, metadata.get("namespace", ""), metadata.get("name", ""))
        self.calls.append(about)
        fault = self.armed.strike(about)
        match fault.what if fault else None:
            case faults.What.DROP:
                return []
            case faults.What.DUPLICATE:
                return [line, line]
            case faults.What.DELAY if fault:
                await asyncio.sleep(fault.seconds)
            case faults.What.EXPIRE:
                await self._end(response, 410)
            case faults.What.FAIL:
                await self._end(response, 500)
            case faults.What.CUT:
                await response.write(line[: len(line) // 2])
                await asyncio.sleep(0.05)
                raise ConnectionResetError
            case faults.What.HANG:
                await _for_ever(transport)
        return [line]

    async def _end(self, response: web.StreamResponse, code: int) -> None:
        """An error as the last event of a stream."""
        error = {"type": "ERROR", "object": _status(code, "a fault")}
        await response.write(json.dumps(error).encode() + b"\n")
        raise Ended


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length, with their ends."""
    rest = b""
    async for data in content.iter_any():
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line + b"\n"


async def _for_ever(transport: asyncio.Transport) -> None:
    """Say nothing until the operator gives up."""
    while not transport.is_closing():  # noqa: ASYNC110 - a transport tells nobody
        await asyncio.sleep(0.1)
    raise ConnectionResetError


async def _half(request: web.BaseRequest, body: bytes) -> None:
    """The first half of an answer that promises a whole one."""
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await asyncio.sleep(0.05)


def _refusal(fault: faults.Fault) -> web.Response:
    """An error as the API server says it; of 503 as a load balancer does."""
    headers = {"Retry-After": f"{fault.seconds:g}"} if fault.seconds else {}
    if fault.status == web.HTTPServiceUnavailable.status_code:
        return web.Response(status=fault.status, text="<html>no healthy upstream</html>", content_type="text/html")
    return web.json_response(_status(fault.status, f"a fault: {fault}"), status=fault.status, headers=headers)


def _status(code: int, message: str) -> clusters.Manifest:
    reason = _REASONS[code]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }


def _content_type(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {"Content-Type": answer.headers.get("Content-Type", "application/json")}
