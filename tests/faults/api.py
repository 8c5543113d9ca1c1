"""The operator's connection, in memory: the interface of `connecting.Api`, with a fault where one is planned."""

import asyncio
import collections
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

from faults import plans, server
from model_operator import errors, kinds, names

Fault = plans.Fault
Answer = TypeVar("Answer")
#: Seconds that a call takes, and that one takes which does not come back (`transporting.TIMEOUT`).
LATENCY = 0.01
TIMEOUT = 15.0
_ANSWERS = {
    Fault.TOO_MANY: errors.ApiError(429, "TooManyRequests", "the server has received too many requests"),
    Fault.REFUSED: errors.ApiError(429, "TooManyRequests", "the server has received too many requests"),
    Fault.SERVER_ERROR: errors.ApiError(500, "InternalError", "etcdserver: leader changed"),
    Fault.GONE: errors.Gone(410, "Expired", "The provided continue parameter is too old"),
}


class Api:
    """The calls of one operator process. Once dead, it neither asks nor hears any more."""

    def __init__(self, backend: server.Server, journal: plans.Journal, strike: Callable[[Fault], None]) -> None:
        """Take what a fault does that ends the process, or moves its clock."""
        self._server = backend
        self._journal = journal
        self._strike = strike
        self.dead = False
        #: The version at which LISTs are served, after a restart into the past.
        self.past: int | None = None
        #: `verb kind name` of each write that the server carried out.
        self.writes: collections.Counter[str] = collections.Counter()

    async def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object."""
        stale = await self._read(plans.Sort.READ, f"get {key.kind.kind} {key.name}")
        at = self._server.before_last(lambda changed: changed == key) if stale else None
        return self._server.get(key, at)

    async def pages(
        self, kind: kinds.Kind, namespace: str | None, **selectors: str
    ) -> AsyncIterator[tuple[list[kinds.Manifest], str]]:
        """A LIST in one page."""
        stale = await self._read(plans.Sort.LIST, f"list {kind.kind}")
        at = self._server.before_last(lambda changed: changed.kind == kind) if stale else self.past
        labels, fields = selectors.get("labelSelector", ""), selectors.get("fieldSelector", "")
        found = self._server.select(kind, lambda one: selected(one, labels, fields), at)
        yield found, str(at or self._server.version)

    async def create(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """A new object."""
        return await self._write(f"create {_about(key, manifest)}", lambda: self._create(key, manifest))

    def _create(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        return self._server.create(key, manifest, names.FIELD_MANAGER)

    async def apply(
        self, key: kinds.Key, manifest: Mapping[str, Any], *, force: bool = False, subresource: str = ""
    ) -> kinds.Manifest:
        """Server-side apply."""

        def act() -> kinds.Manifest:
            return self._server.apply(key, manifest, names.FIELD_MANAGER, force=force, subresource=subresource)

        return await self._write(f"{subresource or 'apply'} {key.kind.kind} {key.name}", act)

    async def merge(self, key: kinds.Key, patch: kinds.Manifest) -> kinds.Manifest:
        """Merge patch."""
        what = f"patch {_about(key, self._server.objects.get(key, {}))}"
        return await self._write(what, lambda: self._server.merge(key, patch, names.FIELD_MANAGER))

    async def delete(self, key: kinds.Key, uid: str) -> None:
        """Delete this very object."""
        await self._write(f"delete {key.kind.kind} {key.name}", lambda: self._server.delete(key, uid))

    async def _read(self, sort: plans.Sort, what: str) -> bool:
        """The way to the server and back; whether the answer is to be a stale one."""
        await self._travel()
        fault = self._journal.pass_by(sort, what)
        if fault is Fault.HANGS:
            await self._hang(what)
        if fault in _ANSWERS:
            raise _ANSWERS[fault]
        return fault is Fault.STALE

    async def _write(self, what: str, act: Callable[[], Answer]) -> Answer:
        """One write; it may be the last thing that this process does."""
        await self._travel()
        fault = self._journal.pass_by(plans.Sort.WRITE, what)
        if fault is Fault.REFUSED:
            raise _ANSWERS[fault]
        if fault in {Fault.CLOCK_BACK, Fault.CLOCK_FORWARD, Fault.CRASH_BEFORE}:
            self._strike(fault)
            await self._silence()
        answer = act()
        self.writes[what] += 1
        if fault in {Fault.CRASH_AFTER, Fault.INTO_THE_PAST}:
            self._strike(fault)
        elif fault is Fault.LOST_ANSWER:
            await self._hang(what)
        await self._travel()
        return answer

    async def _travel(self) -> None:
        await asyncio.sleep(LATENCY)
        await self._silence()

    async def _silence(self) -> None:
        """A dead process hears nothing; its tasks are taken away soon."""
        if self.dead:
            await asyncio.Event().wait()

    async def _hang(self, what: str) -> None:
        await asyncio.sleep(TIMEOUT)
        await self._silence()
        raise errors.Unreachable(what)


def selected(manifest: kinds.Manifest, labels: str, fields: str = "") -> bool:
    """Equality selectors, as we write them; of fields, the uid of an Event's object."""
    present = manifest["metadata"].get("labels") or {}
    wanted = dict(one.split("=") for one in labels.split(",") if one)
    about = fields.removeprefix("involvedObject.uid=")
    return wanted.items() <= present.items() and (not about or manifest["involvedObject"]["uid"] == about)


def _about(key: kinds.Key, manifest: kinds.Manifest) -> str:
    """An Event's name is a digest: it is known by its object and its reason."""
    if "involvedObject" not in manifest:
        return f"{key.kind.kind} {key.name}"
    return f"Event {manifest['involvedObject']['name']}/{manifest['reason']}"
