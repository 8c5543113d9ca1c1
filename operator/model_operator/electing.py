"""Which of the replicas writes: the one that holds a Lease (coordination.k8s.io/v1).

    standby ──── the Lease is free, or was not renewed for its duration ────► leader
       ▲ looks every second                                                     │ renews every two seconds
       │                                              stopped: the Lease is released, and another leads a second later
    another process ◄── this one ends ◄── NotLeading ◄── not renewed for ten seconds, or the Lease is another's

    renewed: our clock, read before the renewal was sent. Whoever sees the renewal sees it later than that.
    │◄────── Terms.renew: we may write ──────►│◄── nobody writes ──►│ Terms.lease: another may lead

Every write asks `Election.allowance` just before its bytes are sent. A process that was stopped, or hears nothing from
the API server, finds its time over by its own monotonic clock, and ends: who takes over needs no word from it.

Why not the `leaderelection` of the official client: it measures by the wall clock (a step of it makes two leaders),
takes the time of a renewal after the answer came, sets no time limit on a call, never releases, writes local time as if
it were UTC, and passes on but few errors. What would be left of it is less than this page.
"""

import asyncio
import dataclasses
import datetime as dt
import logging
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from model_operator import connecting, errors, kinds, leases, logs

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Terms:
    """Seconds. The first three are client-go's defaults."""

    lease: float = 15.0
    renew: float = 10.0
    retry: float = 2.0
    #: Between two looks of a standby: how long a released Lease may lie about.
    look: float = 1.0
    #: For one attempt: a second one, on another connection, fits in before the deadline.
    attempt: float = 5.0
    #: Before another may lead, every write of ours is given up.
    margin: float = 1.0


class Election:
    """One candidate."""

    def __init__(
        self,
        api: connecting.Api,
        key: kinds.Key,
        identity: str,
        terms: Terms | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the Lease to hold, a name that no other process ever had, and the clock (seconds, monotonic)."""
        self._api = api
        self._key, self._about = key, logs.about(key)
        self._identity = identity
        self._terms = terms or Terms()
        self._clock = clock
        #: When the last renewal that succeeded was sent; None while we do not lead.
        self._renewed: float | None = None
        #: The Lease as it was last read or written, and since when it says the same.
        self._lease: kinds.Manifest | None = None
        self._same_since = clock()
        #: What the Lease said when nobody held it: at the first look, and when we took it.
        self._at_look: kinds.Manifest | None = None
        self._at_win: kinds.Manifest | None = None
        self._complaint = ""

    @property
    def leads(self) -> bool:
        """May write now."""
        return self._left() > 0

    def allowance(self) -> float:
        """Seconds that a write may take that is sent now. Raises errors.NotLeading."""
        if self._renewed is None:
            raise errors.NotLeading(f"{self._title} is not held by {self._identity}: nothing is written.")
        if not self.leads:
            age = self._clock() - self._renewed
            raise errors.NotLeading(f"{self._title} was not renewed for {age:.1f} s: nothing more is written.")
        return self._renewed + self._terms.lease - self._terms.margin - self._clock()

    async def look(self) -> None:
        """See whether somebody leads, before the caches are filled (see `win`)."""
        if await self._attempted(self._free):
            self._at_look = leases.spec(self._lease)

    async def win(self) -> bool:
        """Wait until we lead; answers whether nobody did since the first look, so that what was read then holds."""
        while not await self._attempted(self._take):  # noqa: ASYNC110 - a Lease tells nobody
            await asyncio.sleep(self._terms.look)
        logger.info("leading: %s holds %s", self._identity, self._title, extra=self._about)
        return self._at_look == self._at_win

    async def keep(self) -> NoReturn:
        """Renew for ever. Raises errors.NotLeading when that could not be done in time."""
        while True:
            await asyncio.sleep(min(self._terms.retry, self._left()))
            self.allowance()
            await self._attempted(self._renew)

    async def release(self) -> None:
        """Let another lead at once, if we still do. Nothing is written afterwards."""
        leads, self._renewed = self.leads, None
        if leads and await self._attempted(self._give_up):
            logger.info("released %s", self._title, extra=self._about)

    async def _attempted(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """What a step answers; False when it failed, or took too long. Raises errors.NotLeading."""
        try:
            async with asyncio.timeout(min(self._terms.attempt, self._left() or self._terms.attempt)):
                answer = await step()
        except (errors.ApiError, errors.NamespaceEnds, errors.Unreachable, TimeoutError) as error:
            self._complain(f"{self._title}: {str(error) or 'no answer in time'}")
            return False
        self._complaint = ""
        return answer

    async def _free(self) -> bool:
        """Read the Lease; answers whether it is there to take: nobody holds it, or its holder is silent."""
        lease = await self._api.get(self._key)
        if leases.spec(lease) != leases.spec(self._lease):
            self._same_since = self._clock()
        if leases.holder(lease) != leases.holder(self._lease):
            holder = leases.holder(lease) or "nobody"
            logger.info("%s is held by %s", self._title, holder, extra=self._about)
        self._lease = lease
        silence = self._clock() - self._same_since
        return leases.holder(lease) in {"", self._identity} or silence >= max(leases.duration(lease), self._terms.lease)

    async def _take(self) -> bool:
        """Take the Lease if it is free. errors.Conflict: another was quicker."""
        if not await self._free():
            return False
        sent, found = self._clock(), self._lease
        wanted = leases.taken(found, self._key, self._identity, self._terms.lease, _now())
        write = self._api.create if found is None else self._api.replace
        self._lease = await write(self._key, wanted)
        self._renewed, self._at_win = sent, leases.spec(found)
        return True

    async def _renew(self) -> bool:
        """Say that we are there."""
        sent = self._clock()
        await self._write(leases.renewed)
        self._renewed = sent
        return True

    async def _give_up(self) -> bool:
        """Say that we are not."""
        await self._write(leases.released)
        return True

    async def _write(self, change: Callable[[kinds.Manifest, dt.datetime], kinds.Manifest]) -> None:
        """Change the Lease that we hold; once more when somebody touched it, or the answer to us was lost."""
        try:
            self._lease = await self._api.replace(self._key, change(self._held(), _now()))
        except (errors.Conflict, errors.NotFound):
            self._lease = await self._api.get(self._key)
            self._lease = await self._api.replace(self._key, change(self._held(), _now()))

    def _held(self) -> kinds.Manifest:
        """The Lease while it is ours. Raises errors.NotLeading."""
        if self._lease is None or leases.holder(self._lease) != self._identity:
            self._renewed = None
            found = f"held by {leases.holder(self._lease) or 'nobody'}" if self._lease else "gone"
            raise errors.NotLeading(f"{self._title} is {found}: nothing more is written.")
        return self._lease

    def _left(self) -> float:
        """Seconds until we must not write."""
        return 0.0 if self._renewed is None else max(0.0, self._renewed + self._terms.renew - self._clock())

    def _complain(self, complaint: str) -> None:
        """The same once."""
        if complaint != self._complaint:
            logger.warning("%s", complaint, extra=self._about)
        self._complaint = complaint

    @property
    def _title(self) -> str:
        return f"Lease {self._key.namespace}/{self._key.name}"


def identity() -> str:
    """The pod's name, and something that no earlier process of this pod had."""
    return f"{socket.gethostname()}_{secrets.token_hex(4)}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
