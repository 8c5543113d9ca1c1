"""Answers that are believed for a moment: what is not watched is asked for at each look, and looks come in bursts."""

import collections
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
#: How many are remembered.
MEMORY = 4096


class Recent(Generic[Answer]):
    """Remembers the last answers."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        """Take the clock (seconds, monotonic), and for how many seconds an answer is believed."""
        self._clock, self._seconds = clock, seconds
        self._known: collections.OrderedDict[Hashable, tuple[float, Answer]] = collections.OrderedDict()

    def get(self, question: Hashable) -> Answer | None:
        """The answer, unless it is too old or was never given."""
        told, answer = self._known.get(question, (float("-inf"), None))
        return answer if self._clock() - told < self._seconds else None

    def note(self, question: Hashable, answer: Answer) -> None:
        """Remember it, and forget what is too old, or too much."""
        now = self._clock()
        self._known[question] = (now, answer)
        self._known.move_to_end(question)
        while len(self._known) > MEMORY or now - next(iter(self._known.values()))[0] >= self._seconds:
            self._known.popitem(last=False)
