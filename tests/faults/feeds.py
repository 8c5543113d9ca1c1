"""Watches in memory: what kopf would hand to the watcher, and what the way there does to it.

the server's log ─► one line a kind ─► Watcher._take      in order, a moment later
                     dropped · late (overtaken) · held (all behind it, too) · twice · cut (lost, and listed again)
"""

import asyncio
from types import TracebackType
from typing import Self

from faults import api, plans, server
from model_operator import kinds, listing, watching

Fault = plans.Fault
#: Seconds from a change to its event.
LATENCY = 0.02
#: Seconds by which an event may come late, alone or with all behind it.
LATE, HELD = 3.0, 40.0
#: Seconds until a watch that was cut lists again, and until an API server that lags has caught up.
RELIST, LAG = 2.0, 5.0
#: Between two events of a kind: timers of one moment have no order.
_TICK = 1e-6


class Feed:
    """The watches of one operator process."""

    def __init__(
        self, backend: server.Server, journal: plans.Journal, watcher: watching.Watcher, past: int | None = None
    ) -> None:
        """Begin at a version of the past, or now."""
        self._server = backend
        self._journal = journal
        self._take = watcher.take
        self._past = past
        self._free: dict[kinds.Kind, float] = {}
        self._open = False
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        """List each kind, as the framework does, and go on from there."""
        self._open = True
        for kind in kinds.EVERY:
            self._list(kind, self._past)
        if self._past is not None:
            self._loop.call_later(LAG, self._catch_up, self._past)
        else:
            self._server.listeners.append(self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hear no more."""
        self._open = False
        if self._hear in self._server.listeners:
            self._server.listeners.remove(self._hear)

    def _catch_up(self, past: int) -> None:
        if self._open:
            for entry in self._server.log:
                if entry.version > past:
                    self._hear(entry)
            self._server.listeners.append(self._hear)

    def _list(self, kind: kinds.Kind, at: int | None = None) -> None:
        """Objects of a LIST have no type."""
        for manifest in self._server.select(kind, lambda one: _watched(kind, one), at):
            self._deliver(kind, None, manifest, LATENCY)

    def _hear(self, entry: server.Entry) -> None:
        """A change, as a watch with a selector sees it: what is selected no more is deleted for it."""
        kind = entry.key.kind
        selects, selected = entry.before and _watched(kind, entry.before), _watched(kind, entry.manifest)
        if kind not in kinds.EVERY or not (selects or selected):
            return
        type_ = "DELETED" if not selected else "ADDED" if not selects else entry.type
        self._pass(kind, type_, entry.manifest)

    def _pass(self, kind: kinds.Kind, type_: str, manifest: kinds.Manifest) -> None:
        """On its way, the event may meet a fault."""
        fault = self._journal.pass_by(plans.Sort.EVENT, f"{type_} {kind.kind} {manifest['metadata']['name']}")
        if fault is Fault.CUT:
            self._loop.call_later(RELIST, self._list, kind)
        elif fault is Fault.LATE:
            self._loop.call_later(LATE, self._arrive, kind, type_, manifest)
        elif fault is not Fault.DROPPED:
            self._deliver(kind, type_, manifest, HELD if fault is Fault.HELD else LATENCY)
        if fault is Fault.TWICE:
            self._loop.call_later(LATE, self._arrive, kind, type_, manifest)

    def _deliver(self, kind: kinds.Kind, type_: str | None, manifest: kinds.Manifest, after: float) -> None:
        """In order within a kind."""
        when = max(self._loop.time() + after, self._free.get(kind, 0.0) + _TICK)
        self._free[kind] = when
        self._loop.call_at(when, self._arrive, kind, type_, manifest)

    def _arrive(self, kind: kinds.Kind, type_: str | None, manifest: kinds.Manifest) -> None:
        if self._open:
            self._take(kind, type_, manifest)


def _watched(kind: kinds.Kind, manifest: kinds.Manifest) -> bool:
    return kind in kinds.OWN or api.selected(manifest, listing.selector())
