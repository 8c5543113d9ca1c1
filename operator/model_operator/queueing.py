"""Which resource is looked at next: one keyed, deduplicating queue.

    wake ──► ready ──take──► active ──release──► (forgotten)
               ▲               │ woken meanwhile: dirty ──► ready again, at the end of the line
               │ due           │ failed, or asked to look again later
            delayed ◄──────────┘

- A key is never handled by two workers at once, and a wake is never lost: woken while active = handled once more.
- First come, first served: a key that is woken without end waits in line behind all others. There are two lines:
  whoever is about to serve, or has stopped serving, comes before those that begin; but the others move on, too.
  A handling waits for the API server most of its time, and many may begin at once: some workers are kept for the first
  line.
- News comes in bursts: an object changes several times in a tenth of a second, and each of our writes comes back as an
  event. So a key rests for a moment after it was handled: what wakes it meanwhile is handled together.
- What is no news has the key looked at a little later, unless news comes before: the echo of what its handling wrote
  itself, and that something goes on as expected (`progressing`).
- A failure is tried again after a pause that doubles, with jitter so that many do not return together. News about a
  failing key cuts the pause short, but to no less than the first pause: our own half-done writes are news, too.
- An earlier wake supersedes a later one: the handling that it causes asks for its own next look.

`Schedule` is the pure part: it is told the time, and never waits. `Queue` waits.
"""

import asyncio
import collections
import heapq
import random
import sys
import time
from collections.abc import Callable, Iterable

from model_operator import kinds

#: Seconds before the second try, and the longest pause.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 300.0
#: Seconds between the end of a handling and the next of the same key.
REST = 0.1
#: Seconds until a look at what is no news.
LATER = 5.0
#: Keys of the first line that are taken in a row while others wait.
IN_A_ROW = 4
#: Workers that are kept for the first line.
EXPRESS = 4
#: Seconds to wait at least: a difference of two times may be rounded down, and then lies before what is due.
GRAIN = 0.001


class Schedule:
    """Who is ready, who is being handled, who waits for a time."""

    def __init__(self, jitter: Callable[[], float] = random.random, ordinary: int = sys.maxsize) -> None:
        """Take the source of jitter: numbers in [0, 1); and how many not of the first line may be handled at once."""
        self._jitter, self._most = jitter, ordinary
        self._ready: collections.OrderedDict[kinds.Key, None] = collections.OrderedDict()
        #: The first line, who belongs to it, and how many of it were taken since one of the other line was.
        self._first: collections.OrderedDict[kinds.Key, None] = collections.OrderedDict()
        self._urgent: set[kinds.Key] = set()
        self._row = 0
        #: Those that are handled and were not of it.
        self._ordinary: set[kinds.Key] = set()
        self._active: dict[kinds.Key, float] = {}
        self._dirty: set[kinds.Key] = set()
        self._later: set[kinds.Key] = set()
        self._due: dict[kinds.Key, float] = {}
        self._heap: list[tuple[float, int, kinds.Key]] = []
        self._pushed = 0
        self._failures: dict[kinds.Key, int] = {}
        self._not_before: dict[kinds.Key, float] = {}
        #: Until when those rest that were handled lately, in the order of these times.
        self._rests: collections.OrderedDict[kinds.Key, float] = collections.OrderedDict()
        #: Since when somebody could have taken a key, and nobody did.
        self._idle_since = 0.0

    def wake(self, key: kinds.Key, now: float, *, urgent: bool = False) -> None:
        """Have it handled as soon as may be; before all that are not urgent."""
        if urgent:
            self._urgent.add(key)
        if key in self._active:
            self._dirty.add(key)
        elif (earliest := self._not_before.get(key) or self._rests.get(key, now)) > now:
            self._delay(key, earliest)
        else:
            self._make_ready(key, now)

    def later(self, key: kinds.Key, now: float) -> None:
        """Have it handled in a while: what happened is no news."""
        if key in self._active:
            self._later.add(key)
        elif key not in self._ready and key not in self._first:
            self._delay(key, now + LATER)

    def take(self, now: float) -> kinds.Key | None:
        """The next key to handle, or None. Whoever takes it must release it."""
        self._promote(now)
        while self._rests and next(iter(self._rests.values())) <= now:
            self._rests.popitem(last=False)
        others = bool(self._ready) and len(self._ordinary) < self._most
        if not self._first and not others:
            return None
        first = bool(self._first) and (self._row < IN_A_ROW or not others)
        self._row = self._row + 1 if first else 0
        key, _ = (self._first if first else self._ready).popitem(last=False)
        (self._urgent.discard if first else self._ordinary.add)(key)
        self._active[key] = self._idle_since = now
        return key

    def release(self, key: kinds.Key, now: float, *, again_after: float | None = None) -> None:
        """It was handled well. A wish to look again yields to a wake that came meanwhile."""
        self._failures.pop(key, None)
        self._not_before.pop(key, None)
        self._rests[key] = now + REST
        self._rests.move_to_end(key)
        self._leave(key, now, again_after)

    def fail(self, key: kinds.Key, now: float) -> float:
        """It was not; answers the pause before the next try."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 30)) * (1 - self._jitter() / 2)
        self._not_before[key] = now + min(pause, FIRST_PAUSE)
        self._leave(key, now, pause)
        return pause

    def next_due(self) -> float | None:
        """When the next delayed key is due; None when none is."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def depth(self) -> int:
        """Keys that could be handled now, were there a worker."""
        return len(self._ready) + len(self._first)

    def longest(self, now: float) -> tuple[float, kinds.Key | None]:
        """Seconds for which the longest handling has gone on, and whose it is."""
        # Keys are taken in the order of time, and a dict remembers its order.
        key = next(iter(self._active), None)
        return (0.0, None) if key is None else (now - self._active[key], key)

    def idle(self, now: float) -> float:
        """Seconds for which keys were ready and nobody took any."""
        return now - self._idle_since if self.depth() else 0.0

    def _leave(self, key: kinds.Key, now: float, again_after: float | None) -> None:
        """End the handling: at once again when woken meanwhile, else when asked."""
        self._active.pop(key, None)
        self._ordinary.discard(key)
        if again_after is not None:
            self._delay(key, now + again_after)
        if key in self._later:
            self._later.discard(key)
            self._delay(key, now + LATER)
        if key in self._dirty:
            self._dirty.discard(key)
            self.wake(key, now)

    def _make_ready(self, key: kinds.Key, now: float) -> None:
        if not self.depth():
            self._idle_since = now
        self._due.pop(key, None)
        if key in self._urgent:
            self._ready.pop(key, None)
            self._first.setdefault(key)
        else:
            self._ready.setdefault(key)

    def _delay(self, key: kinds.Key, when: float) -> None:
        """The earlier of two times counts."""
        if when < self._due.get(key, float("inf")):
            self._due[key] = when
            self._pushed += 1
            heapq.heappush(self._heap, (when, self._pushed, key))

    def _promote(self, now: float) -> None:
        """Make ready what is due."""
        while (due := self.next_due()) is not None and due <= now:
            self._make_ready(heapq.heappop(self._heap)[2], now)


class Queue:
    """A Schedule that workers can wait for. One worker is woken for one key, and one timer waits for all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, schedule: Schedule | None = None) -> None:
        """Take the clock (seconds, monotonic)."""
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._waiting: collections.deque[asyncio.Future[kinds.Key]] = collections.deque()
        self._handing_out: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None

    def wake(self, keys: Iterable[kinds.Key], *, urgent: bool = False) -> None:
        """Have these handled as soon as may be; before all that are not urgent."""
        for key in keys:
            self._schedule.wake(key, self._clock(), urgent=urgent)
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
