"""Watches, credentials and signals: the only module that knows kopf.

kopf is asked for one thing, to say what happens (`on.event`): its own handling of changes would write progress into
users' objects and see edges where we want levels. Children are selected by label on the server. What kopf posts,
peers and scans is switched off; so it needs no right to read namespaces or CustomResourceDefinitions.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import aiohttp
import kopf
import yarl

from model_operator import caching, connecting, kinds, listing, names

#: Seconds between tries of one call, the last of them for ever. The framework's own pauses grow to 21 s, blind all the
#: while, and end with the process. A watch that is forbidden does not go unnoticed: see `health`.
RETRIES = (0.5, 1.0, 2.0, 3.0)
#: Seconds after which the API server ends a watch, and the framework opens it anew where it was: a sign of life.
#: The API server takes whole numbers only.
WATCH_SECONDS = 120
#: Seconds more until we end it ourselves, whatever the API server does.
SLACK = 30.0
#: Seconds that the framework has to end when one of its parts has: it takes five, or for ever (its tasks wait for tasks
#: that it cancelled before them), and watches nothing any more.
ENDING = 8.0
OK = 200
GONE = 410


class Watcher:
    """Feeds the caches, and tells of each change."""

    def __init__(self, caches: caching.Caches, lister: listing.Lister, tell: Callable[[caching.Change], None]) -> None:
        """Register one handler a kind."""
        self._caches = caches
        self._lister = lister
        self._tell = tell
        self._failed: asyncio.Future[None] | None = None
        self._sessions: list[tuple[kopf.ConnectionInfo, kopf.AiohttpSession]] = []
        #: When a LIST or watch of a collection (its path) was last answered.
        self._answered: dict[str, float] = {}
        self._registry = kopf.OperatorRegistry()
        self._ending = asyncio.Event()
        kopf.on.login(registry=self._registry)(self._login)
        kopf.on.cleanup(registry=self._registry)(self._note_end)
        for kind in kinds.EVERY:
            kopf.on.event(kind.group, kind.version, kind.plural, registry=self._registry)(self._handler(kind))

    async def watch(self, namespaces: tuple[str, ...]) -> None:
        """Watch until a signal to end arrives (then it returns) or something fails (then it raises)."""
        self._failed = asyncio.get_running_loop().create_future()
        started, scopes = time.monotonic(), namespaces or (None,)
        self._answered = {connecting.path(kind, scope): started for kind in kinds.EVERY for scope in scopes}
        ending = asyncio.ensure_future(self._ending.wait())
        operator = asyncio.ensure_future(
            kopf.operator(
                registry=self._registry,
                settings=settings(),
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
        now, oldest = time.monotonic(), dict[str, float]()
        for path, answered in self._answered.items():
            plural = path.rpartition("/")[2]
            oldest[plural] = min(answered, oldest.get(plural, answered))
        return {kind: now - oldest[kind.plural] for kind in kinds.EVERY if kind.plural in oldest}

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """A session that tells us of answers. The framework refuses one that was turned away when it comes again."""
        info = await login()
        for known, session in self._sessions:
            if known == info:
                return session
        session = kopf.AiohttpSession(server=info.server, aiohttp_session=_session(info, self._note_answer))
        self._sessions = [*self._sessions[-1:], (info, session)]
        return session

    def _note_answer(self, url: yarl.URL) -> None:
        """A watch was opened, or a page of a LIST came.

        One that begins with all that is there (a LIST's first page, say) ends a gap. Nobody tells what vanished in it:
        we list after it.
        """
        if url.path not in self._answered:
            return
        self._answered[url.path] = time.monotonic()
        if not {"resourceVersion", "continue"} & set(url.query):
            self._lister.ask(_KINDS[url.path.rpartition("/")[2]])

    def _handler(self, kind: kinds.Kind) -> Callable[..., Any]:
        """A handler of one kind. kopf logs what a handler raises and goes on; a hole in the cache must end us."""

        async def handle(event: dict[str, Any], **_: object) -> None:
            try:
                self._take(kind, event["type"], event["object"])
            except Exception as error:  # noqa: BLE001 - raised again in watch()
                if self._failed is not None and not self._failed.done():
                    self._failed.set_exception(error)

        return handle

    def _take(self, kind: kinds.Kind, event: str | None, manifest: kinds.Manifest) -> None:
        """One event: cache, wake."""
        change = (self._caches.drop if event == "DELETED" else self._caches.note)(kind, manifest)
        if change is not None:
            self._tell(change)


_KINDS = {kind.plural: kind for kind in kinds.EVERY}


class Retries:
    """Pauses without an end: an API server may be away for longer than any list of them."""

    def __iter__(self) -> Iterator[float]:
        """All pauses, and the last one over and over."""
        return itertools.chain(RETRIES, itertools.repeat(RETRIES[-1]))


def _session(info: kopf.ConnectionInfo, note: Callable[[yarl.URL], None]) -> aiohttp.ClientSession:
    """As the framework makes it, and with an ear for answers."""

    async def hear(request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        answer = await ask(request)
        if answer.status == GONE:
            answer.close()
            request.url = _from_the_beginning(request.url)
            answer = await ask(request)
        if answer.status == OK:
            note(request.url)
        return answer

    connector = aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context())
    headers = info.as_http_headers()
    return aiohttp.ClientSession(connector=connector, headers=headers, proxy=info.proxy_url, middlewares=[hear])


def _from_the_beginning(url: yarl.URL) -> yarl.URL:
    """Ask for all when the version, or the rest of the LIST, that was asked for is no longer kept.

    The framework knows 410 as an event only; as an answer it would end the process. A watch without a version begins
    with all that is there; what is not there any more, our own LIST tells.
    """
    return url.without_query_params("resourceVersion", "continue")


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
    chosen.networking.request_timeout = connecting.TIMEOUT
    chosen.networking.connect_timeout = connecting.TIMEOUT
    chosen.networking.error_backoffs = Retries()
    chosen.watching.chunk_size = connecting.PAGE
    chosen.watching.server_timeout = WATCH_SECONDS
    chosen.watching.client_timeout = WATCH_SECONDS + SLACK
    # A task an object lingers this long after its last event; ours are done at once, and a LIST starts them all.
    chosen.queueing.idle_timeout = 0.1
    chosen.persistence.diffbase_storage = NoDifferences()
    chosen.persistence.progress_storage = NoProgress()
    chosen.process.ultimate_exiting_timeout = None
    for kind in kinds.CHILDREN:
        chosen.watching.label_selectors[kind.group, kind.version, kind.plural] = listing.selector()
    return chosen


async def login(**_kwargs: object) -> kopf.ConnectionInfo:
    """The client's own configuration, so that both see the same server as the same user. Read anew after a 401."""
    loaded = await connecting.configuration()
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
