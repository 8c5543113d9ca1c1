"""Answers that are believed for a moment: what is not watched is asked for at each look, and looks come in bursts."""

import collections
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
#: Seconds for which an answer is believed.
RECENT = 10.0
#: How many are remembered.
MEMORY = 4096


class Recent(Generic[Answer]):
    """Remembers the last answers."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take the clock (seconds, monotonic)."""
        self._clock = clock
        self._known: collections.OrderedDict[Hashable, tuple[float, Answer]] = collections.OrderedDict()

    def get(self, question: Hashable) -> Answer | None:
        """The answer, unless it is too old or was never given."""
        told, answer = self._known.get(question, (float("-inf"), None))
        return answer if self._clock() - told < RECENT else None

    def note(self, question: Hashable, answer: Answer) -> None:
        """Remember it, and forget what is too old, or too much."""
        now = self._clock()
        self._known[question] = (now, answer)
        self._known.move_to_end(question)
        while len(self._known) > MEMORY or now - next(iter(self._known.values()))[0] >= RECENT:
            self._known.popitem(last=False)
