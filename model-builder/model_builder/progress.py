"""What the step is doing, a plain line each, for whoever reads the container's log."""

import contextlib
import sys
import time
from collections.abc import Iterator


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def timed(activity: str) -> Iterator[None]:
    """Say what begins, and once it is done how many seconds it took; the last line without a pair is where it ended."""
    say(activity)
    start = time.monotonic()
    yield
    say(f"{activity}: done in {time.monotonic() - start:.1f} s")


def bytes_of(size: int) -> str:
    """A size as people read it: 12 B, 34.5 kB, 6.7 GB."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
