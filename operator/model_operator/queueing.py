"""Which resource is looked at next: one keyed, deduplicating queue.

    wake ──► ready ──take──► active ──release──► (forgotten)
               ▲               │ woken meanwhile: dirty ──► ready again, at the end of the line
               │ due           │ failed, or asked to look again later
            delayed ◄──────────┘

- A key is never handled by two workers at once, and a wake is never lost: woken while active = handled once more.
- First come, first served: a key that is woken without end waits in line behind all others.
- News comes in bursts: an object changes several times in a tenth of a second, and each of our writes comes back as an
  event. So a key rests for a moment after it was handled: what wakes it meanwhile is handled together.
- What a handling wrote itself is no news to it: its echo has the key looked at once more, a little later, unless other
  news comes before.
- A failure is tried again after a pause that doubles, with jitter so that many do not return together. News about a
  failing key cuts the pause short, but to no less than the first pause: our own half-done writes are news, too.
- An earlier wake supersedes a later one: the handling that it causes asks for its own next look.

`Schedule` is the pure part: it is told the time, and never waits. `Queue` waits.
"""

import asyncio
import collections
import heapq
import random
import time
from collections.abc import Callable, Iterable

from model_operator import kinds

#: Seconds before the second try, and the longest pause.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 300.0
#: Seconds between the end of a handling and the next of the same key.
REST = 0.1
#: Seconds until a look at what the handling itself has changed, and nothing else since.
ECHO = 2.0
#: Seconds to wait at least: a difference of two times may be rounded down, and then lies before what is due.
GRAIN = 0.001


class Schedule:
    """Who is ready, who is being handled, who waits for a time."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        """Take the source of jitter: numbers in [0, 1)."""
        self._jitter = jitter
        self._ready: collections.OrderedDict[kinds.Key, None] = collections.OrderedDict()
        self._active: dict[kinds.Key, float] = {}
        self._dirty: set[kinds.Key] = set()
        self._echoing: set[kinds.Key] = set()
        self._due: dict[kinds.Key, float] = {}
        self._heap: list[tuple[float, int, kinds.Key]] = []
        self._pushed = 0
        self._failures: dict[kinds.Key, int] = {}
        self._not_before: dict[kinds.Key, float] = {}
        #: Until when those rest that were handled lately, in the order of these times.
        self._rests: collections.OrderedDict[kinds.Key, float] = collections.OrderedDict()
        #: Since when somebody could have taken a key, and nobody did.
        self._idle_since = 0.0

    def wake(self, key: kinds.Key, now: float) -> None:
        """Have it handled as soon as may be."""
        if key in self._active:
            self._dirty.add(key)
        elif (earliest := self._not_before.get(key) or self._rests.get(key, now)) > now:
            self._delay(key, earliest)
        else:
            self._make_ready(key, now)

    def echo(self, key: kinds.Key) -> None:
        """The handling of this key wrote something of its own: have it looked at once more in a while."""
        self._echoing.add(key)

    def take(self, now: float) -> kinds.Key | None:
        """The next key to handle, or None. Whoever takes it must release it."""
        self._promote(now)
        while self._rests and next(iter(self._rests.values())) <= now:
            self._rests.popitem(last=False)
        if not self._ready:
            return None
        key, _ = self._ready.popitem(last=False)
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
        return len(self._ready)

    def longest(self, now: float) -> tuple[float, kinds.Key | None]:
        """Seconds for which the longest handling has gone on, and whose it is."""
        # Keys are taken in the order of time, and a dict remembers its order.
        key = next(iter(self._active), None)
        return (0.0, None) if key is None else (now - self._active[key], key)

    def idle(self, now: float) -> float:
        """Seconds for which keys were ready and nobody took any."""
        return now - self._idle_since if self._ready else 0.0

    def _leave(self, key: kinds.Key, now: float, again_after: float | None) -> None:
        """End the handling: at once again when woken meanwhile, else when asked."""
        self._active.pop(key, None)
        if again_after is not None:
            self._delay(key, now + again_after)
        if key in self._echoing:
            self._echoing.discard(key)
            self._delay(key, now + ECHO)
        if key in self._dirty:
            self._dirty.discard(key)
            self.wake(key, now)

    def _make_ready(self, key: kinds.Key, now: float) -> None:
        if not self._ready:
            self._idle_since = now
        self._due.pop(key, None)
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
    """A Schedule that workers can wait for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, schedule: Schedule | None = None) -> None:
        """Take the clock (seconds, monotonic)."""
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._changed = asyncio.Event()

    def wake(self, keys: Iterable[kinds.Key]) -> None:
        """Have these handled as soon as may be."""
        for key in keys:
            self._schedule.wake(key, self._clock())
        self._changed.set()

    def echo(self, key: kinds.Key) -> None:
        """The handling of this key wrote something of its own: have it looked at once more in a while."""
        self._schedule.echo(key)

    async def take(self) -> kinds.Key:
        """Wait for the next key. Whoever takes it must release it, or let it fail."""
        while (key := self._schedule.take(self._clock())) is None:
            self._changed.clear()
            due = self._schedule.next_due()
            try:
                async with asyncio.timeout(None if due is None else max(GRAIN, due - self._clock())):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return key

    def release(self, key: kinds.Key, *, again_after: float | None = None) -> None:
        """It was handled well."""
        self._schedule.release(key, self._clock(), again_after=again_after)
        self._changed.set()

    def fail(self, key: kinds.Key) -> float:
        """It was not; answers the pause before the next try."""
        pause = self._schedule.fail(key, self._clock())
        self._changed.set()
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
