"""Which resource is looked at next: one keyed, deduplicating queue.

    wake ──► ready ──take──► active ──release──► (forgotten)
               ▲               │ woken meanwhile: dirty ──► ready again, at the end of the line
               │ due           │ failed, or asked to look again later
            delayed ◄──────────┘

- A key is never handled by two workers at once, and a wake is never lost: woken while active = handled once more.
- First come, first served: a key that is woken without end waits in line behind all others. There are three lines, and
  each moves on though those before it never end (`Line`). A handling waits for the API server most of its time, and
  many may begin at once: some workers are kept for the first line.
- News comes in bursts: an object changes several times in a tenth of a second, and each of our writes comes back as an
  event. So a key rests for a moment after it was handled: what wakes it meanwhile is handled together.
- What is no news has the key looked at a little later, unless news comes before: the echo of what its handling wrote
  itself, and that something goes on as expected (`progressing`).
- A failure is tried again after a pause that doubles, with jitter so that many do not return together. News about a
  failing key cuts the pause short, but to no less than the first pause: our own half-done writes are news, too.
- An earlier wake supersedes a later one: the handling that it causes asks for its own next look.

A Schedule is told the time, and never waits; `queueing.Queue` waits. Pure.
"""

import collections
import enum
import heapq
import sys
from collections.abc import Callable

from model_operator import kinds

#: Seconds before the second try, and the longest pause.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 300.0
#: Seconds between the end of a handling and the next of the same key.
REST = 0.1
#: Seconds until a look at what is no news.
LATER = 5.0
#: How often others are taken before the next of a line.
PASSED_OVER = 16
#: Workers that are kept for the first line.
EXPRESS = 4


class Line(enum.IntEnum):
    """In which order those who are ready come."""

    SERVING = 0  # about to serve, or no longer serving
    NEWS = 1
    ROUTINE = 2  # nothing has happened: after a start, at a resync, and what is no news


class Schedule:
    """Who is ready, who is being handled, who waits for a time."""

    def __init__(
        self,
        jitter: Callable[[], float],
        ordinary: int = sys.maxsize,
        waited: Callable[[float], object] = lambda _: None,
    ) -> None:
        """Take the source of jitter: numbers in [0, 1); and how many not of the first line may be handled at once.

        `waited` is told for how many seconds each key was ready that is taken.
        """
        self._jitter, self._most, self._waited = jitter, ordinary, waited
        #: Who is ready, in order, and since when.
        self._lines: dict[Line, collections.OrderedDict[kinds.Key, float]] = {
            line: collections.OrderedDict() for line in Line
        }
        #: Key -> the line that it belongs to, when there is a cause. How often a line was passed over.
        self._cause: dict[kinds.Key, Line] = {}
        self._passed_over = dict.fromkeys(Line, 0)
        #: Those that are handled and were not of the first line.
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

    def wake(self, key: kinds.Key, now: float, line: Line = Line.NEWS) -> None:
        """Have it handled as soon as may be, in this line or the one before it that it is in."""
        self._cause[key] = min(line, self._cause.get(key, line))
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
        elif not any(key in line for line in self._lines.values()):
            self._delay(key, now + LATER)

    def take(self, now: float) -> kinds.Key | None:
        """The next key to handle, or None. Whoever takes it must release it."""
        self._promote(now)
        while self._rests and next(iter(self._rests.values())) <= now:
            self._rests.popitem(last=False)
        line = self._choose()
        if line is None:
            return None
        key, since = self._lines[line].popitem(last=False)
        self._waited(now - since)
        self._cause.pop(key, None)
        if line is not Line.SERVING:
            self._ordinary.add(key)
        self._active[key] = self._idle_since = now
        return key

    def _choose(self) -> Line | None:
        """The line whose turn it is."""
        crowded = len(self._ordinary) >= self._most
        waiting = [line for line in Line if self._lines[line] and not (crowded and line is not Line.SERVING)]
        if not waiting:
            return None
        overdue = (line for line in waiting if self._passed_over[line] >= PASSED_OVER)
        chosen = next(overdue, waiting[0])
        for line in waiting:
            self._passed_over[line] += 1
        self._passed_over[chosen] = 0
        return chosen

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
        return sum(map(len, self._lines.values()))

    def depths(self) -> dict[Line, int]:
        """The same of each line."""
        return {line: len(keys) for line, keys in self._lines.items()}

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
            self._cause.setdefault(key, Line.NEWS)
        if key in self._later:
            self._later.discard(key)
            self._delay(key, now + LATER)
        if key in self._dirty:
            self._dirty.discard(key)
            self.wake(key, now, self._cause.get(key, Line.NEWS))

    def _make_ready(self, key: kinds.Key, now: float, since: float | None = None) -> None:
        """It could be handled from now on, or could be since it was due."""
        if not self.depth():
            self._idle_since = now
        self._due.pop(key, None)
        mine, since = self._cause.get(key, Line.ROUTINE), now if since is None else since
        for line in Line:
            if line > mine:
                since = min(since, self._lines[line].pop(key, since))
        if not any(key in self._lines[line] for line in Line):
            self._lines[mine][key] = since

    def _delay(self, key: kinds.Key, when: float) -> None:
        """The earlier of two times counts."""
        if when < self._due.get(key, float("inf")):
            self._due[key] = when
            self._pushed += 1
            heapq.heappush(self._heap, (when, self._pushed, key))

    def _promote(self, now: float) -> None:
        """Make ready what is due."""
        while (due := self.next_due()) is not None and due <= now:
            self._make_ready(heapq.heappop(self._heap)[2], now, due)
