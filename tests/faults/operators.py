"""One operator process without its process: the real parts, put together as `running` does.

Real: queue, reconciler, deciders, applier, recorder, caches, lister, waking, and what the watcher makes of an event.
Not there: kopf (events come from `feeds`), HTTP, signals, probes, leader election.
"""

import asyncio
import contextlib
from collections.abc import Callable

from faults import api, feeds
from model_operator import (
    answering,
    applying,
    caching,
    counting,
    kinds,
    listing,
    progressing,
    queueing,
    reading,
    reconciling,
    recording,
    scheduling,
    settings,
    waking,
    watching,
)

IMAGES = settings.Images("registry.test/builder:1", "registry.test/serving:1", "registry.test/triton:1")
SETTINGS = settings.Settings(IMAGES, server_version=(1, 36), workers=4)


class Reader(reading.Reader):
    """Sentinels have nothing to tell."""

    async def sentinel(self, pod: kinds.Manifest) -> str:
        """Not yet ready, and no reason."""
        return ""


class Counters:
    """What became of each handling, by its result."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.crashed: list[str] = []

    def reconciled(self, kind: kinds.Kind, result: str, seconds: float) -> None:
        """Keep what must never be."""
        del seconds
        if result == "crashed":
            self.crashed.append(kind.kind)

    def happened(self, news: counting.News) -> None:
        """What a status told, which the journal tells as well."""


class Operator:
    """From its start to its end."""

    def __init__(self, connection: api.Api, feed: Callable[[watching.Watcher], feeds.Feed]) -> None:
        """Put the parts together; nothing runs yet."""
        clock = asyncio.get_running_loop().time
        # Without jitter: a plan must find its point again.
        self._queue = queueing.Queue(clock, scheduling.Schedule(lambda: 0.0))
        self.caches = caching.Caches()
        self._lister = listing.Lister(connection, self.caches, (), self._tell)
        self._feed = feed(watching.Watcher(self.caches, self._lister, self._tell))
        self.counters = Counters()
        self._reconciler = reconciling.Reconciler(
            answering.deciders(SETTINGS, self.caches, Reader(connection)),
            self.caches,
            applying.Applier(connection, self.caches, self._tell),
            recording.Recorder(connection, clock),
            self.counters,
        )
        self.resyncs = 0

    async def run(self) -> None:
        """Until cancelled; raises whatever went wrong."""
        await self._lister.fill()
        self._look_at_all()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._feed)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._lister.keep(SETTINGS.resync_seconds, self._resynced))
                for _ in range(SETTINGS.workers):
                    tasks.create_task(self._reconciler.work(self._queue))

    def _tell(self, change: caching.Change) -> None:
        """Wake whomever a change concerns, in an order that is the same in every run."""
        concerned = sorted(waking.keys(change, self.caches), key=lambda key: (key.kind.kind, key.name))
        reconciling.spread(self._queue, concerned, progressing.line(change))

    def _resynced(self) -> None:
        self.resyncs += 1
        self._look_at_all()

    def _look_at_all(self) -> None:
        for kind in kinds.OWN:
            self._queue.wake(list(self.caches.keys(kind)), scheduling.Line.ROUTINE)
