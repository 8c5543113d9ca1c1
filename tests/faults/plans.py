"""Points where something may go wrong, and plans of what goes wrong where.

A point is named for what happens there and the how manieth time: `apply Service digits #1`, `get ConfigMap model #2`,
`MODIFIED Pod digits-0 #3`. The clean run of a story gives its points; a run is the same up to its first fault, so a
plan finds its point again. After a restart the counting goes on.
"""

import collections
import dataclasses
import enum
import random
from collections.abc import Sequence


class Fault(enum.StrEnum):
    """What goes wrong. The value is how plans are named."""

    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    INTO_THE_PAST = "crash-into-the-past"
    REFUSED = "refused"
    LOST_ANSWER = "answer-lost"
    CLOCK_FORWARD = "clock-forward"
    CLOCK_BACK = "clock-back"
    DROPPED = "dropped"
    LATE = "late"
    HELD = "held"
    TWICE = "twice"
    CUT = "cut"
    STALE = "stale"
    TOO_MANY = "429"
    SERVER_ERROR = "500"
    HANGS = "hangs"
    GONE = "410"


OF_WRITES = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.INTO_THE_PAST,
    Fault.REFUSED,
    Fault.LOST_ANSWER,
    Fault.CLOCK_FORWARD,
    Fault.CLOCK_BACK,
)
OF_EVENTS = (Fault.DROPPED, Fault.LATE, Fault.HELD, Fault.TWICE, Fault.CUT)
OF_READS = (Fault.STALE, Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HANGS)
OF_LISTS = (*OF_READS, Fault.GONE)
CRASHES = frozenset({Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.INTO_THE_PAST})


class Sort(enum.StrEnum):
    """What a point is."""

    WRITE = "write"
    EVENT = "event"
    READ = "read"
    LIST = "list"


FAULTS = {Sort.WRITE: OF_WRITES, Sort.EVENT: OF_EVENTS, Sort.READ: OF_READS, Sort.LIST: OF_LISTS}
#: What is tried at every point of the four stories that the operator is for.
ALWAYS = {
    Sort.WRITE: (Fault.CRASH_BEFORE, Fault.CRASH_AFTER),
    Sort.EVENT: (Fault.DROPPED, Fault.HELD, Fault.TWICE),
    Sort.READ: (Fault.STALE,),
    Sort.LIST: (),
}


@dataclasses.dataclass(frozen=True)
class Point:
    """One place in a run."""

    sort: Sort
    name: str


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which fault at which points."""

    faults: tuple[tuple[Fault, Point], ...] = ()

    @property
    def name(self) -> str:
        """What to ask for when it is to be run again."""
        return " + ".join(f"{fault} @ {point.name}" for fault, point in self.faults)


class Journal:
    """Names the points of a run as they come, and tells the fault that is planned there."""

    def __init__(self, plan: Plan) -> None:
        """Nothing has happened yet."""
        self._planned = {point: fault for fault, point in plan.faults}
        self._counts: collections.Counter[tuple[Sort, str]] = collections.Counter()
        self.points: list[Point] = []
        self.met: list[Point] = []

    def pass_by(self, sort: Sort, what: str) -> Fault | None:
        """One more point."""
        self._counts[sort, what] += 1
        point = Point(sort, f"{what} #{self._counts[sort, what]}")
        self.points.append(point)
        fault = self._planned.get(point)
        if fault is not None:
            self.met.append(point)
        return fault


def single(points: Sequence[Point]) -> list[Plan]:
    """Each fault at each point."""
    return [Plan(((fault, point),)) for point in points for fault in FAULTS[point.sort]]


def always(points: Sequence[Point]) -> list[Plan]:
    """What is tried at each point, and one of the other faults there, in turn."""
    return [plan for number, point in enumerate(points) for plan in _at(point, number, ALWAYS[point.sort])]


def in_turn(points: Sequence[Point]) -> list[Plan]:
    """One fault at each point, in turn."""
    return [plan for number, point in enumerate(points) for plan in _at(point, number, ())]


def pairs(points: Sequence[Point], count: int, seed: str) -> list[Plan]:
    """Two faults at two points, drawn by a seed. Only the first is sure to be met: it may change what comes."""
    drawn = random.Random(seed)  # noqa: S311 - the same each time, and no secret
    chosen = (sorted(drawn.sample(range(len(points)), 2)) for _ in range(count))
    return [Plan(tuple((drawn.choice(FAULTS[points[at].sort]), points[at]) for at in two)) for two in chosen]


def _at(point: Point, number: int, faults: tuple[Fault, ...]) -> list[Plan]:
    others = [fault for fault in FAULTS[point.sort] if fault not in faults]
    return [Plan(((fault, point),)) for fault in (*faults, others[number % len(others)])]
