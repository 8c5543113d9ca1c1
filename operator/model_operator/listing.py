"""Authoritative LISTs: what is really there.

Watches tell what changes, and may miss what vanishes: after a gap the framework lists again, but does not say which
objects are gone. So we list ourselves: every kind before the first decision, every kind again each resync, and one
kind soon after the framework was seen listing it again.
"""

import asyncio
import logging
from collections.abc import Callable

from model_operator import caching, connecting, errors, kinds, names

logger = logging.getLogger(__name__)

#: Seconds between two tries while the API server does not answer.
PAUSE = 2.0
#: Seconds from a relist of the framework to ours: it reports each object of its list, and one LIST answers them all.
SETTLE = 1.0
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
        self._asked: set[kinds.Kind] = set()
        self._wake = asyncio.Event()
        #: One at a time: of two LISTs of a kind the older must not be taken in last.
        self._turn = asyncio.Lock()
        self._complaints: dict[kinds.Kind, str] = {}

    def ask(self, kind: kinds.Kind) -> None:
        """Have this kind listed soon."""
        self._asked.add(kind)
        self._wake.set()

    async def fill(self) -> None:
        """List every kind, however long it takes until the API server, and our kinds in it, are there."""
        for kind in kinds.EVERY:
            while not await self._listed(kind):  # noqa: ASYNC110 - nothing will tell when the API server is back
                await asyncio.sleep(PAUSE)

    async def keep(self, every: float, resynced: Callable[[], None]) -> None:
        """List every kind each so many seconds, and single kinds when asked; tells when all were listed.

        What could not be listed is tried again soon.
        """
        due = asyncio.get_running_loop().time() + every
        while True:
            try:
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
                await asyncio.sleep(SETTLE)
                todo = self._taken()
            except TimeoutError:
                due = asyncio.get_running_loop().time() + every
                todo = set(kinds.EVERY)
            complete = [await self._listed(kind) for kind in kinds.EVERY if kind in todo]
            if not all(complete):
                await asyncio.sleep(PAUSE)
                for kind in todo:
                    self.ask(kind)
            elif len(todo) == len(kinds.EVERY):
                resynced()

    def _taken(self) -> set[kinds.Kind]:
        """What was asked for since the last time."""
        self._wake.clear()
        asked, self._asked = self._asked, set()
        return asked

    async def _listed(self, kind: kinds.Kind) -> bool:
        """List one kind in every scope; False, and a line in the log, when it could not be."""
        try:
            async with self._turn:
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
            logger.warning("%s", complaint)
        self._complaints[kind] = complaint

    async def _list(self, kind: kinds.Kind, scope: str | None) -> None:
        """One LIST, begun again when its version expires between two pages."""
        for left in reversed(range(TRIES)):
            try:
                manifests, version = await self._collected(kind, scope)
            except errors.Gone:
                if not left:
                    raise
            else:
                break
        for change in self._caches.replace(kind, scope, manifests, version):
            self._tell(change)

    async def _collected(self, kind: kinds.Kind, scope: str | None) -> tuple[list[kinds.Manifest], str]:
        """Every page of a LIST, and its version."""
        manifests: list[kinds.Manifest] = []
        version = ""
        selectors = {} if kind in kinds.OWN else {"labelSelector": selector()}
        async for page, version in self._api.pages(kind, scope, **selectors):  # noqa: B007 - the last one counts
            manifests += page
        return manifests, version


def selector() -> str:
    """Label selector of the child kinds: no cluster's worth of pods and ConfigMaps ever passes through here."""
    return f"{names.MANAGED_BY_LABEL}={names.MANAGED_BY}"
