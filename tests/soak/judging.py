"""What is held against a story: clean runs."""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

from soak import ends, plans, telling

#: More writes of one object than the most of any clean run: one for each try that was cut short or refused on its way.
AGAIN = 1
#: And of a status: what came together before may come apart, and each step that a fault makes last longer than
#: `calming.INTERVAL` is news of its own; as many as in memory (`faults.oracles`). Faults of a stream, and deaths, are
#: felt by all stories of a round. That none of them says what the one before said, too, is held against all.
NEWS = 8


@dataclasses.dataclass(frozen=True)
class Clean:
    """What runs without faults did."""

    end: dict[str, Any]
    most: collections.Counter[str]
    """Writes by object, the most of any run."""
    seen: plans.Seen
    """Calls and events, the least of any run: so many there are always."""

    @classmethod
    def of(cls, told: Sequence[telling.Told], seen: Sequence[plans.Seen]) -> "Clean":
        """From several runs that are the same."""
        for each in told:
            each.violations += ends.difference(told[0].end, each.end)
        most: collections.Counter[str] = collections.Counter()
        for each in told:
            most |= each.writes
        least = seen[0]
        for each in seen[1:]:
            least &= each
        return cls(told[0].end, most, least)

    def judge(self, told: telling.Told, strikes: int, deaths: int) -> None:
        """Note each violation of a run in which so many faults struck, and the operator ended so often."""
        told.violations += ends.difference(self.end, told.end)
        for line, count in told.writes.items():
            bound = self.most[line] + AGAIN * max(1, strikes) + (NEWS if "/status " in line else 0)
            if count > bound:
                told.violations.append(f"{line}: {count} writes, in clean runs {self.most[line]}")
        if len(told.repeats) > AGAIN * strikes + deaths:
            told.violations.append(f"written twice: {told.repeats[:3]}")
