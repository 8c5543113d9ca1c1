"""What clients ask of the model: Triton's own counts, less the sentinel's golden requests. Pure.

    counts before the golden requests ─┐
    golden requests                    ├─► own share ─► counts of others ─► windows of the last minute, and of ten
    counts after them                 ─┘

Between the two counts there is hardly ever anybody else, so what the golden requests took is known exactly; where there
is, the mean is taken.
"""

import dataclasses

#: Seconds that a window reaches back at most.
WINDOW = 60.0
#: The same of a long window, and seconds between two of the places where it may begin.
LONG, STRIDE = 600.0, 30.0


@dataclasses.dataclass(frozen=True)
class Counts:
    """Requests since the model was loaded."""

    succeeded: int = 0
    failed: int = 0
    nanoseconds: int = 0
    """That those that succeeded took in the server, waiting included."""

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.succeeded + other.succeeded, self.failed + other.failed, self.nanoseconds + other.nanoseconds
        )

    def __sub__(self, other: "Counts") -> "Counts":
        """What came to it since, or without a part."""
        return Counts(
            self.succeeded - other.succeeded, self.failed - other.failed, self.nanoseconds - other.nanoseconds
        )


@dataclasses.dataclass(frozen=True)
class Look:
    """Counts around the golden requests of one look, and how those ended. Seconds on the monotonic clock."""

    at: float
    before: Counts | None
    after: Counts | None
    succeeded: int = 0
    failed: int = 0


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Requests of others within a window."""

    seconds: float
    succeeded: int
    failed: int
    mean_ms: float | None
    """Of those that succeeded; None without any."""


@dataclasses.dataclass(frozen=True)
class Ledger:
    """What is remembered from one look to the next."""

    own: Counts = Counts()
    """Of the sentinel, since the model was loaded."""
    last: Counts | None = None
    marks: tuple[tuple[float, Counts], ...] = ()
    """When how many of others there were."""
    strides: tuple[tuple[float, Counts], ...] = ()
    """The same, further apart and further back."""

    def others(self, succeeded: int) -> int:
        """Of so many that succeeded."""
        return succeeded - self.own.succeeded


def account(ledger: Ledger, look: Look) -> Ledger:
    """With one look more. Counts below the last ones are those of a model loaded anew: all begins anew."""
    if look.before is None or look.after is None:
        return dataclasses.replace(ledger, own=ledger.own + Counts(look.succeeded, look.failed))
    if ledger.last and (look.before.succeeded < ledger.last.succeeded or look.before.failed < ledger.last.failed):
        ledger = Ledger()
    own = ledger.own + share(look.after - look.before, look)
    mark = (look.at, look.after - own)
    marks = [one for one in ledger.marks if look.at - one[0] <= WINDOW]
    strides = [one for one in ledger.strides if look.at - one[0] <= LONG]
    if not strides or look.at - strides[-1][0] >= STRIDE:
        strides.append(mark)
    return Ledger(own, look.after, (*marks, mark), tuple(strides))


def share(between: Counts, look: Look) -> Counts:
    """What of the counts between before and after is the sentinel's own.

    A failure may be counted as a success: Triton's Python backend calls it so when the model itself answers an error.
    """
    failed = min(look.failed, between.failed)
    succeeded = min(look.succeeded + look.failed - failed, between.succeeded)
    nanoseconds = between.nanoseconds * succeeded // between.succeeded if succeeded else 0
    return Counts(succeeded, failed, nanoseconds)


def window(ledger: Ledger) -> Traffic | None:
    """The last minute, or what there is of it; None before there are two looks."""
    return _between(ledger.marks[0], ledger.marks[-1]) if ledger.marks else None


def long_window(ledger: Ledger) -> Traffic | None:
    """The last ten minutes, likewise."""
    return _between(ledger.strides[0], ledger.marks[-1]) if ledger.strides and ledger.marks else None


def _between(start: tuple[float, Counts], end: tuple[float, Counts]) -> Traffic | None:
    (began, first), (ended, last) = start, end
    if began == ended:
        return None
    others = last - first
    mean = round(others.nanoseconds / others.succeeded / 1e6, 3) if others.succeeded else None
    return Traffic(round(ended - began, 1), others.succeeded, others.failed, mean)
