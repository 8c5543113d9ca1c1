"""A schedule that workers wait for: one of them is woken for one key, and one timer waits for all."""

import asyncio
import collections
import random
import time
from collections.abc import Callable, Iterable

from model_operator import kinds, scheduling

#: Seconds to wait at least: a difference of two times may be rounded down, and then lies before what is due.
GRAIN = 0.001


class Queue:
    """Hands out the keys that are ready."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, schedule: scheduling.Schedule | None = None
    ) -> None:
        """Take the clock (seconds, monotonic)."""
        self._clock = clock
        self._schedule = schedule or scheduling.Schedule(random.random)
        self._waiting: collections.deque[asyncio.Future[kinds.Key]] = collections.deque()
        self._handing_out: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None

    def wake(self, keys: Iterable[kinds.Key], line: scheduling.Line = scheduling.Line.NEWS) -> None:
        """Have these handled as soon as may be, each in its line."""
        for key in keys:
            self._schedule.wake(key, self._clock(), line)
        self._changed()

    def later(self, keys: Iterable[kinds.Key]) -> None:
        """Have these handled in a while: what happened is no news."""
        for key in keys:
            self._schedule.later(key, self._clock())
        self._changed()

    async def take(self) -> kinds.Key:
        """Wait for the next key. Whoever takes it must release it, or let it fail."""
        place: asyncio.Future[kinds.Key] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._changed()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release(place.result(), again_after=0.0)  # it was given a key, and cannot handle it
            raise

    def release(self, key: kinds.Key, *, again_after: float | None = None) -> None:
        """It was handled well."""
        self._schedule.release(key, self._clock(), again_after=again_after)
        self._changed()

    def fail(self, key: kinds.Key) -> float:
        """It was not; answers the pause before the next try."""
        pause = self._schedule.fail(key, self._clock())
        self._changed()
        return pause

    def depth(self) -> int:
        """Keys that wait for a worker."""
        return self._schedule.depth()

    def depths(self) -> dict[str, int]:
        """The same of each line, by its name."""
        return {line.name.lower(): depth for line, depth in self._schedule.depths().items()}

    def longest(self) -> tuple[float, kinds.Key | None]:
        """Seconds for which the longest handling has gone on, and whose it is."""
        return self._schedule.longest(self._clock())

    def idle(self) -> float:
        """Seconds for which keys were ready and nobody took any."""
        return self._schedule.idle(self._clock())

    def _changed(self) -> None:
        """Hand out when all that happens just now has happened: what wakes one key twice is handled once."""
        if self._handing_out is None and self._waiting:
            self._handing_out = asyncio.get_running_loop().call_soon(self._hand_out)

    def _hand_out(self) -> None:
        """Give keys to those who wait, and have a timer wait for the next that is due."""
        self._handing_out = None
        while self._waiting:
            if self._waiting[0].done():  # whoever waited there was cancelled
                self._waiting.popleft()
            elif (key := self._schedule.take(self._clock())) is not None:
                self._waiting.popleft().set_result(key)
            else:
                break
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._schedule.next_due()
        if due is not None and self._waiting:
            pause = max(GRAIN, due - self._clock())
            self._timer = asyncio.get_running_loop().call_later(pause, self._hand_out)
