"""Which faults are tried where: enumerated from what a clean run did, and a seeded sample of them.

Three kinds, because each is mended in another way:

    calls    a write or a read fails          the handling is tried again
    gaps     a watch breaks, or falls silent  the framework lists and watches anew, and we list after it
    events   a stream goes on, and lies       a resync
"""

import collections
import dataclasses
import random
from collections.abc import Iterable

from edge import faults

What, Place, Fault = faults.What, faults.Place, faults.Fault
Seen = collections.Counter[tuple[str, str]]
SEED = 20_260_915
#: Of writes and reads. Half a minute is more than the time limit of a call, and of a handling's first tries.
_REFUSALS = ((409, 0), (429, 1), (500, 0), (503, 0))
_LATE = 3.0


@dataclasses.dataclass(frozen=True)
class Plan:
    """What goes wrong in one story."""

    fault: Fault | None = None

    def __str__(self) -> str:
        """As the report names it."""
        return str(self.fault) if self.fault else "clean"


def calls(seen: Seen, count: int) -> list[Plan]:
    """Writes and reads that fail."""
    kinds_of_failure = [
        *((What.REFUSE, {"status": status, "seconds": wait}) for status, wait in _REFUSALS),
        (What.LOSE, {}),
        (What.CUT, {}),
        (What.HANG, {}),
        (What.DELAY, {"seconds": _LATE}),
    ]
    return _sample(
        (
            Fault(what, place, **more)
            for place in _places(seen, (*faults.WRITES, "get"))
            for what, more in kinds_of_failure
        ),
        count,
    )


def kills(seen: Seen, count: int) -> list[Plan]:
    """Deaths just before and just after a write."""
    places = _places(seen, faults.WRITES)
    return _sample((Fault(what, place) for place in places for what in (What.KILL_BEFORE, What.KILL_AFTER)), count)


def gaps(seen: Seen, count: int) -> list[Plan]:
    """Streams that break, expire or fall silent, and what stands in the way of the next.

    One falls silent, no more: each such blinds all stories of a round until the watch is given up, one after another.
    """
    found: list[Fault] = []
    places = _places(seen, faults.EVENTS)
    for place in places:
        again = Place("watch", place.plural)
        found += [
            Fault(What.CUT, place),
            Fault(What.EXPIRE, place),
            Fault(What.CUT, place, then=Fault(What.REFUSE, again, 410)),
            Fault(What.CUT, place, then=Fault(What.REFUSE, Place("watch", place.plural, times=3), 503)),
            Fault(What.CUT, place, then=Fault(What.REFUSE, Place("watch", place.plural, times=2), 429, 1)),
            Fault(What.EXPIRE, place, then=Fault(What.REFUSE, Place("list", place.plural, times=2), 500)),
            Fault(What.EXPIRE, place, then=Fault(What.REFUSE, Place("continue", place.plural), 410)),
            Fault(What.EXPIRE, place, then=Fault(What.HANG, Place("list", place.plural))),
        ]
    return _sample((Fault(What.HANG, place) for place in places), 1) + _sample(found, count - 1)


def events(seen: Seen, count: int) -> list[Plan]:
    """Events that are lost, doubled or late while their stream goes on."""
    actions = ((What.DROP, {}), (What.DUPLICATE, {}), (What.DELAY, {"seconds": _LATE}))
    places = _places(seen, faults.EVENTS)
    return _sample((Fault(what, place, **more) for place in places for what, more in actions), count)


def _places(seen: Seen, verbs: tuple[str, ...]) -> list[Place]:
    """The first, a middle and, of calls, the last of each verb and kind: of events a LIST may tell the last."""
    return [
        Place(verb, plural, ordinal)
        for (verb, plural), number in sorted(seen.items())
        if verb in verbs
        for ordinal in sorted({1, (number + 1) // 2} | (set() if verb in faults.EVENTS else {number}))
    ]


def _sample(found: Iterable[Fault], count: int) -> list[Plan]:
    every = list(found)
    return [Plan(fault) for fault in random.Random(SEED).sample(every, count)]  # noqa: S311 - no secret
