"""Authoritative LISTs: what is really there.

Watches tell what changes, and may miss what vanishes. So we list ourselves: every kind before the first decision, every
kind again each resync, and one kind whenever a watch of it begins anew, which then goes on from that LIST's version:
between the two nothing is missed, and nobody else need list.

A LIST is taken in page by page: an object was there at its version, whatever becomes of the rest of the LIST.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from model_operator import caching, connecting, errors, kinds, names

logger = logging.getLogger(__name__)

#: Seconds between two tries while the API server does not answer.
PAUSE = 2.0
#: Kinds listed at once while the caches are filled.
TOGETHER = 2
#: A LIST of many pages may outlive its version; then it starts again.
TRIES = 3


class Lister:
    """Keeps the caches true."""

    def __init__(
        self,
        api: connecting.Api,
        caches: caching.Caches,
        namespaces: tuple[str, ...],
        tell: Callable[[caching.Change], None],
    ) -> None:
        """Take the namespaces to list; none means all of them."""
        self._api = api
        self._caches = caches
        self._scopes: tuple[str | None, ...] = namespaces or (None,)
        self._tell = tell
        #: Versions of the last LISTs, from which no watch has begun.
        self._versions: dict[tuple[kinds.Kind, str | None], str] = {}
        #: One of a kind at a time: of two LISTs the older must not be taken in last.
        self._turns = {kind: asyncio.Lock() for kind in kinds.EVERY}
        self._complaints: dict[kinds.Kind, str] = {}

    async def beginning(self, kind: kinds.Kind, scope: str | None, *, anew: bool = False) -> str:
        """The version from which a watch tells all that our caches lack.

        That of the last LIST, for one watch; then, or `anew`, of another. Raises errors.ApiError and Unreachable.
        """
        async with self._turns[kind]:
            if anew or (kind, scope) not in self._versions:
                await self._list(kind, scope)
            return self._versions.pop((kind, scope))

    async def fill(self) -> None:
        """List every kind, however long it takes until the API server, and our kinds in it, are there.

        Some at a time: the API server writes one page while we read another.
        """
        line = asyncio.Semaphore(TOGETHER)
        async with asyncio.TaskGroup() as tasks:
            for kind in kinds.EVERY:
                tasks.create_task(self._insist(kind, line))

    async def _insist(self, kind: kinds.Kind, line: asyncio.Semaphore) -> None:
        async with line:
            while not await self._listed(kind):  # noqa: ASYNC110 - nothing will tell when the API server is back
                await asyncio.sleep(PAUSE)

    async def keep(self, every: float, resynced: Callable[[], None]) -> None:
        """List every kind each so many seconds, and tell when all were. What could not be is tried again soon."""
        alone = asyncio.Semaphore(1)
        while True:
            await asyncio.sleep(every)
            for kind in kinds.EVERY:
                await self._insist(kind, alone)
            resynced()

    async def _listed(self, kind: kinds.Kind) -> bool:
        """List one kind in every scope; False, and a line in the log, when it could not be."""
        try:
            async with self._turns[kind]:
                for scope in self._scopes:
                    await self._list(kind, scope)
        except errors.NotFound:
            self._complain(
                kind, f"{kind.plural}.{kind.group} is not served: are the CustomResourceDefinitions installed?"
            )
        except (errors.ApiError, errors.Unreachable) as error:
            self._complain(kind, f"cannot list {kind.plural}: {error}")
        else:
            self._complaints.pop(kind, None)
            return True
        return False

    def _complain(self, kind: kinds.Kind, complaint: str) -> None:
        """The same once: a LIST that fails is tried again every few seconds."""
        if self._complaints.get(kind) != complaint:
            logger.warning("%s", complaint, extra={"kind": kind.kind})
        self._complaints[kind] = complaint

    async def _list(self, kind: kinds.Kind, scope: str | None) -> None:
        """One LIST, begun again when its version expires between two pages."""
        for left in reversed(range(TRIES)):
            try:
                await self._take(kind, scope)
            except errors.Gone:
                if not left:
                    raise
            else:
                return

    async def _take(self, kind: kinds.Kind, scope: str | None) -> None:
        """Every page of a LIST, and what it lacks."""
        listed, version = set[kinds.Key](), ""
        selectors = {} if kind in kinds.OWN else {"labelSelector": selector()}
        async for page, version in self._api.pages(kind, scope, **selectors):  # noqa: B007 - the last one counts
            listed |= {kinds.key_of(manifest, kind) for manifest in page}
            self._tell_all(self._caches.note(kind, manifest) for manifest in page)
        self._tell_all(self._caches.settle(kind, scope, listed, version))
        self._versions[kind, scope] = version

    def _tell_all(self, changes: Iterable[caching.Change | None]) -> None:
        """All that are any."""
        for change in changes:
            if change is not None:
                self._tell(change)


def selector() -> str:
    """Label selector of the child kinds: no cluster's worth of pods and ConfigMaps ever passes through here."""
    return f"{names.MANAGED_BY_LABEL}={names.MANAGED_BY}"
