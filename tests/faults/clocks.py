"""Time that passes only when nothing else is left to do: an hour of a story costs what happens in it, no more."""

import asyncio
import datetime as dt
import selectors

#: When every story begins.
START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


class Deadlock(Exception):  # noqa: N818 - named for what was found
    """Everybody waits, and no timer is set."""


class _Waits(selectors.SelectSelector):
    """Waits by moving the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list:
        if timeout is None:
            raise Deadlock
        self.now += max(0.0, timeout)
        return []


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose seconds are no seconds. It reads no sockets."""

    def __init__(self) -> None:
        self._waits = _Waits()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.now


def stamp(moment: dt.datetime) -> str:
    """As Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
