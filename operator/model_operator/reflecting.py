"""Watches of the child kinds, through the same client as all other calls.

    LIST (listing) ─► its version ─► WATCH ─► ended by the API server ─► WATCH from the last version seen
         ▲                             │                                          │
         └───────────── 410: that version is no longer kept ◄─────────────────────┘

The framework watches what people write. For what we make, three quarters of all events, its task, memory and matching
of handlers for each object cost more than all that we do about an event (docs/design/operator.md has the figures).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from model_operator import connecting, errors, health, kinds, listing

logger = logging.getLogger(__name__)

#: Seconds between tries, the last of them for ever: an API server may be away for longer than any list of pauses.
RETRIES = (0.5, 1.0, 2.0, 3.0)
#: Takes one event: kind, type, object.
Take = Callable[[kinds.Kind, str, kinds.Manifest], None]


class Reflector:
    """Follows each child kind from its LIST on."""

    def __init__(self, api: connecting.Api, lister: listing.Lister, take: Take) -> None:
        """Watch nothing yet."""
        self._api = api
        self._lister = lister
        self._take = take
        #: When a watch of a kind in a namespace was last answered (monotonic).
        self._answered: dict[tuple[kinds.Kind, str | None], float] = {}

    async def run(self, scopes: Sequence[str | None], seconds: int) -> None:
        """Watch for ever; the API server ends each watch after so many seconds. Raises what `take` raises."""
        async with asyncio.TaskGroup() as tasks:
            for kind in kinds.CHILDREN:
                for scope in scopes:
                    self._answered[kind, scope] = time.monotonic()
                    tasks.create_task(self._follow(kind, scope, seconds), name=f"watch of {kind.plural}")

    def silences(self) -> dict[kinds.Kind, float]:
        """Seconds since the watch of each kind was last answered; of several namespaces the longest."""
        return health.silences(((kind, at) for (kind, _), at in self._answered.items()), time.monotonic())

    async def _follow(self, kind: kinds.Kind, scope: str | None, seconds: int) -> None:
        """One kind in one namespace (None: in all)."""
        version, failures = "", 0
        while True:
            try:
                version = version or await self._lister.beginning(kind, scope)
                async for event, manifest in self._api.watch(
                    kind, scope, version, seconds, lambda: self._heard(kind, scope), labelSelector=listing.selector()
                ):
                    version, failures = manifest["metadata"]["resourceVersion"], 0
                    if event != "BOOKMARK":
                        self._take(kind, event, manifest)
            except errors.Gone:
                version = ""
            except (errors.ApiError, errors.Unreachable) as error:
                logger.debug("watch of %s: %s", kind.plural, error, extra={"kind": kind.kind})
                await asyncio.sleep(RETRIES[min(failures, len(RETRIES) - 1)])
                failures += 1

    def _heard(self, kind: kinds.Kind, scope: str | None) -> None:
        """It was answered: a sign of life."""
        self._answered[kind, scope] = time.monotonic()
