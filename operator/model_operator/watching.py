"""Watches, credentials and signals: the only module that knows kopf.

kopf is asked for one thing, to say what happens (`on.event`): its own handling of changes would write progress into
users' objects and see edges where we want levels. Children are selected by label on the server. What kopf posts,
peers and scans is switched off; so it needs no right to read namespaces or CustomResourceDefinitions.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import kopf

from model_operator import caching, connecting, kinds, listing, names

#: Seconds between tries of one call. The framework's own pauses grow to 21 s, blind all the while; these end after two
#: minutes of refusals, with the process: a watch that is forbidden must not go unnoticed.
RETRIES = (0.5, 1.0, 2.0, *(3.0,) * 40)


class Watcher:
    """Feeds the caches, and tells of each change."""

    def __init__(self, caches: caching.Caches, lister: listing.Lister, tell: Callable[[caching.Change], None]) -> None:
        """Register one handler a kind."""
        self._caches = caches
        self._lister = lister
        self._tell = tell
        self._seen: set[str] = set()
        self._failed: asyncio.Future[None] | None = None
        self._registry = kopf.OperatorRegistry()
        kopf.on.login(registry=self._registry)(login)
        for kind in kinds.EVERY:
            kopf.on.event(kind.group, kind.version, kind.plural, registry=self._registry)(self._handler(kind))

    async def watch(self, namespaces: tuple[str, ...]) -> None:
        """Watch until a signal to end arrives (then it returns) or something fails (then it raises)."""
        self._failed = asyncio.get_running_loop().create_future()
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
            await asyncio.wait((operator, self._failed), return_when=asyncio.FIRST_COMPLETED)
            for ended in (self._failed, operator):
                if ended.done():
                    ended.result()
        finally:
            operator.cancel()
            await asyncio.wait((operator,))

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
        self._notice_relist(kind, event, manifest["metadata"]["uid"])
        change = (self._caches.drop if event == "DELETED" else self._caches.note)(kind, manifest)
        if change is not None:
            self._tell(change)

    def _notice_relist(self, kind: kinds.Kind, event: str | None, uid: str) -> None:
        """Objects of the framework's LISTs have no type: one that comes so a second time says: a lost watch."""
        if event == "DELETED":
            self._seen.discard(uid)
        elif event is None and uid in self._seen:
            self._lister.ask(kind)
        elif event is None:
            self._seen.add(uid)


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
    chosen.networking.error_backoffs = RETRIES
    chosen.watching.chunk_size = connecting.PAGE
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
