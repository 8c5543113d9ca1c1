"""One printed line a step, with the time it took."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator


class Step:
    """The step under way: its words can still change."""

    def __init__(self, words: str) -> None:
        """Take the words that are printed when nothing else is said."""
        self.words = words


@contextlib.contextmanager
def step(subject: str, words: str) -> Iterator[Step]:
    """Print the subject, its words and its seconds when the block ends well."""
    started = time.monotonic()
    current = Step(words)
    try:
        yield current
    except BaseException:
        _print(subject, "failed", started)
        raise
    _print(subject, current.words, started)


def _print(subject: str, words: str, started: float) -> None:
    seconds = time.monotonic() - started
    sys.stdout.write(f"  {subject:<24} {words:<28} {seconds:6.1f} s\n")
    sys.stdout.flush()
