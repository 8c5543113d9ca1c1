"""Watches of our kinds, credentials and signals: the only module that knows kopf.

kopf is asked for one thing, to say what happens (`on.event`): its own handling of changes would write progress into
users' objects and see edges where we want levels. Children are watched elsewhere (`reflecting`). What kopf posts,
peers and scans is switched off; so it needs no right to read namespaces or CustomResourceDefinitions. Nor does it list:
its LISTs would not say what is gone, and thousands of objects would be told one by one that are known.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import aiohttp
import kopf
import yarl
from kopf._core.reactor import inventory

from model_operator import caching, connecting, errors, health, kinds, listing, metrics, names, transporting

#: Seconds between tries of one call, the last of them for ever. The framework's own pauses grow to 21 s, blind all the
#: while, and end with the process. A watch that is forbidden does not go unnoticed: see `health`.
RETRIES = (0.5, 1.0, 2.0, 3.0)
#: Seconds after which the API server ends a watch, and the framework opens it anew where it was: a sign of life.
#: The API server takes whole numbers only.
WATCH_SECONDS = 120
#: Seconds more until we end it ourselves, whatever the API server does.
SLACK = transporting.SLACK
#: Seconds that the framework has to end when one of its parts has: it takes five, or for ever (its tasks wait for tasks
#: that it cancelled before them), and watches nothing any more.
ENDING = 8.0
OK = 200
GONE = 410


class Watcher:
    """Feeds the caches, and tells of each change."""

    def __init__(
        self,
        caches: caching.Caches,
        lister: listing.Lister,
        tell: Callable[[caching.Change], None],
        called: metrics.Called = lambda *_: None,
    ) -> None:
        """Register one handler a kind; `called` counts the watches."""
        self._caches = caches
        self._lister = lister
        self._tell = tell
        self._called = called
        self._failed: asyncio.Future[None] | None = None
        self._sessions: list[tuple[kopf.ConnectionInfo, kopf.AiohttpSession]] = []
        #: Path of a collection -> its kind and namespace, and when a watch of it was last answered.
        self._collections: dict[str, tuple[kinds.Kind, str | None]] = {}
        self._answered: dict[str, float] = {}
        self._registry = kopf.OperatorRegistry()
        self._ending = asyncio.Event()
        kopf.on.login(registry=self._registry)(self._login)
        kopf.on.cleanup(registry=self._registry)(self._note_end)
        for kind in kinds.OWN:
            kopf.on.event(kind.group, kind.version, kind.plural, registry=self._registry)(self._handler(kind))

    async def watch(self, namespaces: tuple[str, ...]) -> None:
        """Watch until a signal to end arrives (then it returns) or something fails (then it raises)."""
        self._failed = asyncio.get_running_loop().create_future()
        scopes = itertools.product(kinds.OWN, namespaces or (None,))
        self._collections = {connecting.path(kind, scope): (kind, scope) for kind, scope in scopes}
        self._answered = dict.fromkeys(self._collections, time.monotonic())
        ending = asyncio.ensure_future(self._ending.wait())
        operator = asyncio.ensure_future(
            kopf.operator(
                registry=self._registry,
                settings=settings(),
                memories=NoMemories(),
                standalone=True,
                # Left to itself it asks for the user's name, which a container's user may lack. It exports no type.
                identity=cast("Any", names.MANAGED_BY),
                clusterwide=not namespaces,
                namespaces=namespaces,
            )
        )
        try:
            await asyncio.wait((operator, self._failed, ending), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((operator, self._failed), return_when=asyncio.FIRST_COMPLETED, timeout=ENDING)
            for ended in (self._failed, operator):
                if ended.done():
                    ended.result()
                    return
            message = f"the watches are over, and the framework did not end within {ENDING:.0f} s"
            raise RuntimeError(message)
        finally:
            ending.cancel()
            operator.cancel()
            await asyncio.wait((operator,), timeout=ENDING)

    async def _note_end(self, **_: object) -> None:
        """The framework is about to end, on a signal or because something failed."""
        self._ending.set()

    def silences(self) -> dict[kinds.Kind, float]:
        """Seconds since the watch of each kind was last answered; of several namespaces the longest."""
        answered = ((self._collections[path][0], at) for path, at in self._answered.items())
        return health.silences(answered, time.monotonic())

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """A session of which each request is ours to see. The framework refuses one that comes again."""
        info = await login()
        for known, session in self._sessions:
            if known == info:
                return session
        session = kopf.AiohttpSession(server=info.server, aiohttp_session=_session(info, self._pass))
        self._sessions = [*self._sessions[-1:], (info, session)]
        return session

    async def _pass(
        self, request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType, path: str
    ) -> aiohttp.ClientResponse:
        """One request of the framework's. Its watches begin where a LIST of ours ended; an answer is a sign of life.

        The framework knows 410 as an event only; as an answer it would end the process.
        """
        collection = self._collections.get(path)
        if collection is None:
            return await ask(request)
        if _begins(request.url):
            request.url = await self._after_list(request.url, collection)
        answer = await self._counted(request, ask, collection[0])
        if answer.status == GONE:
            answer.close()
            request.url = await self._after_list(request.url, collection, anew=True)
            answer = await self._counted(request, ask, collection[0])
        if answer.status == OK:
            self._answered[path] = time.monotonic()
        return answer

    async def _counted(
        self, request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType, kind: kinds.Kind
    ) -> aiohttp.ClientResponse:
        """Open a watch, and count it."""
        began, code = time.perf_counter(), metrics.NOBODY
        try:
            answer = await ask(request)
            code = str(answer.status)
            return answer
        finally:
            self._called("watch", kind.kind, code, time.perf_counter() - began)

    async def _after_list(
        self, url: yarl.URL, collection: tuple[kinds.Kind, str | None], *, anew: bool = False
    ) -> yarl.URL:
        """The watch of all that the caches lack. Raises what the framework tries again after."""
        try:
            version = await self._lister.beginning(*collection, anew=anew)
        except (errors.ApiError, errors.Unreachable) as error:
            raise aiohttp.ClientConnectionError(str(error)) from error
        return url.without_query_params(*_INITIAL).update_query(resourceVersion=version)

    def _handler(self, kind: kinds.Kind) -> Callable[..., Any]:
        """A handler of one kind. kopf logs what a handler raises and goes on; a hole in the cache must end us."""

        async def handle(event: dict[str, Any], **_: object) -> None:
            try:
                self.take(kind, event["type"], event["object"])
            except Exception as error:  # noqa: BLE001 - raised again in watch()
                if self._failed is not None and not self._failed.done():
                    self._failed.set_exception(error)

        return handle

    def take(self, kind: kinds.Kind, event: str | None, manifest: kinds.Manifest) -> None:
        """One event: cache, wake."""
        change = (self._caches.drop if event == "DELETED" else self._caches.note)(kind, manifest)
        if change is not None:
            self._tell(change)


#: What asks a watch to begin with all that is there.
_INITIAL = ("sendInitialEvents", "resourceVersionMatch")


def _begins(url: yarl.URL) -> bool:
    """Not one that goes on from where it was."""
    return "resourceVersion" not in url.query


class Retries:
    """Pauses without an end: an API server may be away for longer than any list of them."""

    def __iter__(self) -> Iterator[float]:
        """All pauses, and the last one over and over."""
        return itertools.chain(RETRIES, itertools.repeat(RETRIES[-1]))


Pass = Callable[[aiohttp.ClientRequest, aiohttp.ClientHandlerType, str], Awaitable[aiohttp.ClientResponse]]


def _session(info: kopf.ConnectionInfo, pass_on: Pass) -> aiohttp.ClientSession:
    """As the framework makes it, and each request passes through our hands, with its path on the server."""
    prefix = yarl.URL(info.server).path.rstrip("/")

    async def middleware(request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        return await pass_on(request, ask, request.url.path.removeprefix(prefix))

    connector = aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context())
    headers = info.as_http_headers()
    return aiohttp.ClientSession(connector=connector, headers=headers, proxy=info.proxy_url, middlewares=[middleware])


class NoMemories(inventory.ResourceMemories):
    """The framework remembers each object of which it ever told: a kilobyte each, for handlers that we have not."""

    def _build_key(self, raw_body: object) -> str:
        """One memory for all."""
        del raw_body
        return ""


class NoDifferences(kopf.DiffBaseStorage):
    """The framework compares each object with its last version even when nobody asks: half of its time an event."""

    def build(self, **_: object) -> kopf.BodyEssence:
        """Find nothing worth comparing."""
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> None:
        """Remember nothing."""

    def store(self, **_: object) -> None:
        """Write nothing."""


class NoProgress(kopf.ProgressStorage):
    """No handler of ours has any progress to keep."""

    def fetch(self, **_: object) -> None:
        """Remember nothing."""

    def store(self, **_: object) -> None:
        """Write nothing."""

    def purge(self, **_: object) -> None:
        """Write nothing."""

    def touch(self, **_: object) -> None:
        """Write nothing."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Have nothing to take out."""
        return essence


def settings() -> kopf.OperatorSettings:
    """The framework with everything off that is not watching."""
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.scanning.disabled = True
    chosen.networking.request_timeout = transporting.TIMEOUT
    chosen.networking.connect_timeout = transporting.TIMEOUT
    chosen.networking.error_backoffs = Retries()
    # It does not list: a watch that asks for all that is there becomes one that goes on from our LIST.
    chosen.watching.initial_streaming = True
    chosen.watching.server_timeout = WATCH_SECONDS
    chosen.watching.client_timeout = WATCH_SECONDS + SLACK
    # The task of an object lingers this long after its last event; ours are done at once.
    chosen.queueing.idle_timeout = 0.1
    chosen.persistence.diffbase_storage = NoDifferences()
    chosen.persistence.progress_storage = NoProgress()
    chosen.process.ultimate_exiting_timeout = None
    return chosen


async def login(**_kwargs: object) -> kopf.ConnectionInfo:
    """The client's own configuration, so that both see the same server as the same user. Read anew after a 401."""
    loaded = await transporting.configuration()
    header = await loaded.get_api_key_with_prefix("BearerToken", alias="authorization") or ""
    scheme, _, token = str(header).rpartition(" ")
    return kopf.ConnectionInfo(
        server=loaded.host,
        ca_path=loaded.ssl_ca_cert,
        insecure=not loaded.verify_ssl,
        certificate_path=loaded.cert_file,
        private_key_path=loaded.key_file,
        proxy_url=loaded.proxy,
        scheme=scheme.capitalize() or None,
        token=token or None,
        username=loaded.username or None,
        password=loaded.password or None,
    )
