"""Who waits sees what happens: a line a step on a terminal, plain lines elsewhere. All of it on standard error."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """What the steps tell."""

    def say(self, text: str) -> None:
        """Tell something besides."""

    def begin(self, step: str) -> None:
        """A step begins."""

    def lines(self, lines: list[str]) -> None:
        """What it said since the last look, maybe nothing."""

    def end(self, result: str) -> None:
        """It is over: how."""


@contextlib.contextmanager
def shown(*, verbose: bool) -> Iterator[Progress]:
    """Bars where a person looks and rich is installed."""
    if not verbose and sys.stderr.isatty():
        with contextlib.suppress(ImportError):
            from modelsmith.local import bars

            with bars.shown() as made:
                yield made
            return
    yield Plain(verbose=verbose)


class Plain:
    """For logs."""

    def __init__(self, *, verbose: bool) -> None:
        """Verbose: with all that the steps say."""
        self._verbose = verbose
        self._step, self._began = "", 0.0

    def say(self, text: str) -> None:
        """A line."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def begin(self, step: str) -> None:
        """A line."""
        self._step, self._began = step, time.monotonic()
        self.say(f"{step} ...")

    def lines(self, lines: list[str]) -> None:
        """As they are, where asked for."""
        for line in lines if self._verbose else ():
            self.say(line)

    def end(self, result: str) -> None:
        """A line, with the seconds."""
        self.say(f"{self._step} {result} ({time.monotonic() - self._began:.1f} s)")


@contextlib.contextmanager
def telling(show: Progress, step: str, result: str = "done") -> Iterator[None]:
    """A step, from its beginning to its end."""
    show.begin(step)
    try:
        yield
    except BaseException:
        show.end("failed")
        raise
    show.end(result)


@contextlib.contextmanager
def tail(log: Path) -> Iterator[Callable[[], list[str]]]:
    """What gives the lines that a log got since it was last asked, only whole ones."""
    log.touch()
    with log.open("rb") as file:
        rest = b""

        def new_lines() -> list[str]:
            nonlocal rest
            *whole, rest = (rest + file.read()).split(b"\n")
            return [line.decode(errors="replace") for line in whole]

        yield new_lines
