"""The parts put together, and watched over: any of them ending by itself ends the process.

    fill the caches ─► ready: watches + resync + election ─► leading: fill once more, look at all, workers
                                                                  │
                       Lease released, all cancelled ◄── a signal ┴ NotLeading ──► all cancelled

A standby does all but decide. It fills its caches once more when it comes to lead, because what its predecessor wrote
last may not have reached it yet. A write that a signal cuts short is no harm: whoever comes next decides from what is
there.
"""

import asyncio
import dataclasses
import logging
import random
import signal
import time
from collections.abc import Callable, Mapping

from model_operator import (
    applying,
    caching,
    connecting,
    electing,
    health,
    kinds,
    listing,
    metrics,
    polling,
    probing,
    progressing,
    queueing,
    reading,
    reconciling,
    recording,
    reflecting,
    scheduling,
    settings,
    tokens,
    waking,
    watching,
)

logger = logging.getLogger(__name__)

#: Seconds that tasks have to end after they were cancelled.
GRACE = 5.0
#: Makes one decider for each kind of ours.
Deciders = Callable[[settings.Settings, caching.Caches, reading.Reader], Mapping[kinds.Kind, reconciling.Decide]]


class Operator:
    """All parts of one process."""

    def __init__(
        self,
        chosen: settings.Settings,
        connection: connecting.Api,
        counters: metrics.Metrics,
        deciders: Deciders,
        election: electing.Election | None = None,
    ) -> None:
        """Put the parts together; nothing runs yet. Without an election this process leads."""
        self._settings = chosen
        schedule = scheduling.Schedule(random.random, ordinary=chosen.workers, waited=counters.waited)
        self._queue = queueing.Queue(schedule=schedule)
        self._caches = caching.Caches()
        self._lister = listing.Lister(connection, self._caches, chosen.namespaces, self._tell)
        self._watcher = watching.Watcher(self._caches, self._lister, self._tell, counters.called)
        self._reflector = reflecting.Reflector(connection, self._lister, self._watcher.take)
        applier = applying.Applier(connection, self._caches, self._tell)
        self._connection, self._make_deciders = connection, deciders
        self._reader = reading.Reader(connection, whole_cluster=not chosen.namespaces)
        self._poller = polling.Poller(
            self._caches, self._reader, lambda key: self._queue.wake((key,), scheduling.Line.NEWS)
        )
        #: Filled when the API server is there, and has told what decisions depend on.
        self._deciders: dict[kinds.Kind, reconciling.Decide] = {}
        self._reconciler = reconciling.Reconciler(
            self._deciders, self._caches, applier, recording.Recorder(connection), counters
        )
        self._counters = counters
        counters.depths, counters.sizes = self._queue.depths, self._caches.sizes
        counters.models, counters.token = self._caches.models.rows, tokens.Token().expiry
        counters.longest, counters.silences = (lambda: self._queue.longest()[0]), self._silences
        counters.leads = lambda: election is None or election.leads
        self._election = election
        #: We lead, and nobody else did since the caches were filled; they are as they must be to decide from.
        self._won, self._undisturbed, self._deciding = asyncio.Event(), True, False
        self._beginning = asyncio.Lock()
        self._ready = False
        self._probes = probing.Server(chosen.probe_port, counters, lambda: self._ready, self._complaints)

    async def run(self) -> None:
        """Run until a signal to end (CancelledError before the watches have begun); raises whatever went wrong."""
        _end_on_sigterm()
        await self._probes.start()
        try:
            if self._election is not None:
                await self._election.look()
            await self._lister.fill()
            await self._learn()
            self._ready = True
            logger.info("watching %s", ", ".join(self._settings.namespaces) or "all namespaces")
            await self._supervise()
        finally:
            await self._probes.stop()

    async def _learn(self) -> None:
        """Ask what the API server can do, once, where that decides anything."""
        if self._settings.image_volumes == "auto":
            version = await self._connection.version()
            self._settings = dataclasses.replace(self._settings, server_version=version)
        ways = {True: "mounted as image volumes", False: "fetched by an init container"}
        logger.info("artifacts of a registry are %s", ways[self._settings.mounts_images])
        self._deciders.update(self._make_deciders(self._settings, self._caches, self._reader))

    async def _supervise(self) -> None:
        """Wait for the first part to end. Only the watches may, and only on a signal."""
        scopes = self._settings.namespaces or (None,)
        children = asyncio.create_task(self._reflector.run(scopes, watching.WATCH_SECONDS), name="watches of children")
        watches = asyncio.create_task(self._watcher.watch(self._settings.namespaces), name="watches")
        resync = asyncio.create_task(self._lister.keep(self._settings.resync_seconds, self._resynced), name="resync")
        election = asyncio.create_task(self._elect(), name="election")
        # All tasks are made here: one that is made later, the framework takes for its own, and waits for it in the end.
        workers = [
            asyncio.create_task(self._work(), name=f"worker {number}")
            for number in range(self._settings.workers + scheduling.EXPRESS)
        ]
        workers.append(asyncio.create_task(self._poll(), name="poller"))
        try:
            parts = (watches, children, resync, election, *workers)
            ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
            if ended != {watches}:
                message = f"ended by itself: {', '.join(task.get_name() for task in ended)}"
                raise RuntimeError(message)
        finally:
            await _cancel(election, *workers)
            if self._election is not None:
                await self._election.release()
            await _cancel(watches, children, resync)

    async def _elect(self) -> None:
        """Come to lead, and go on leading. Raises errors.NotLeading."""
        if self._election is not None:
            self._undisturbed = await self._election.win()
        self._won.set()
        await (self._election.keep() if self._election is not None else asyncio.Event().wait())

    async def _work(self) -> None:
        """One worker. The first of them has the caches filled once more, unless nobody wrote meanwhile."""
        await self._won.wait()
        async with self._beginning:
            if not self._deciding:
                if not self._undisturbed:
                    await self._lister.fill()
                self._deciding = True
                self._look_at_all()
        await self._reconciler.work(self._queue)

    async def _poll(self) -> None:
        """Ask servers how they do, while we lead."""
        await self._won.wait()
        await self._poller.run()

    def _silences(self) -> dict[kinds.Kind, float]:
        """Seconds since the watch of each kind was last answered; of several namespaces the longest."""
        return self._watcher.silences() | self._reflector.silences()

    def _complaints(self) -> list[str]:
        """What only a restart can mend."""
        now, (longest, whose) = time.monotonic(), self._queue.longest()
        answered = self._connection.answered
        vitals = health.Vitals(
            silences=self._silences(),
            answering=answered - self._connection.answering_since,
            unanswered=now - answered,
            longest=longest,
            whose=whose,
            idle=self._queue.idle(),
        )
        return health.complaints(vitals)

    def _tell(self, change: caching.Change) -> None:
        """Wake whomever a change concerns. A standby's queue stays empty: it looks at all when it comes to lead."""
        if self._deciding:
            concerned = waking.keys(change, self._caches)
            reconciling.spread(self._queue, concerned, progressing.line(change))

    def _resynced(self) -> None:
        """Count it, and look at everything."""
        self._counters.resynced()
        self._look_at_all()

    def _look_at_all(self) -> None:
        """Wake every resource of ours: what is not watched (a user's ConfigMap) may have changed."""
        if self._deciding:
            for kind in kinds.OWN:
                self._queue.wake(list(self._caches.keys(kind)), scheduling.Line.ROUTINE)


def _end_on_sigterm() -> None:
    """Until the watches take signals over: the first process of a container is not ended by one it does not handle."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    """End tasks, and wait a while until they have."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=GRACE)
