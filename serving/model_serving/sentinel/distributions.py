"""How far the answers of a server are from those that the build saw on the evaluation set. Pure, but for `read`.

    distribution.json ─► Part: counts a bin ──────────────────────────┐
    sampled answers   ─► counts a bin ─► half windows, two an output ─┴─► population stability index

The index of an output is the sum over its bins of (a - e) ln(a / e), with e the share of a bin on the evaluation set
and a the share among the samples: N. Siddiqi, Credit Risk Scorecards, Wiley 2006. How it is read is a convention, not
mathematics: below 0.1 nothing happened, up to 0.25 something, above 0.25 much. By chance alone it is about
(bins - 1) (1 / rows there + 1 / rows here), as a chi-squared value: B. Yurdakul and J. Naranjo, Statistical properties
of the population stability index, Journal of Risk Model Validation 14 (2020). With ten bins, 200 rows and 500 samples
chance exceeds 0.25 about once in ten thousand times.

Nothing of a sample is kept but that it was counted.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Of = Literal["values", "classes"]

FILE = "distribution.json"
#: Samples without which nothing is said; two halves of so many are the window.
HALF = 500
#: Added to each bin, so that an empty one has a share: half an observation (Jeffreys' prior).
SMOOTHING = 0.5


class DistributionError(Exception):
    """The artifact's distribution cannot be read."""


@dataclasses.dataclass(frozen=True)
class Part:
    """One view of one output, as the build counted it."""

    output: str
    of: Of
    #: Values in a row.
    elements: int
    #: The upper edges of the bins of values, or the classes that are counted apart.
    marks: Sequence[float]
    #: Counts of the bins.
    expected: Sequence[int]

    def count(self, rows: Array) -> Array:
        """Counts of the bins in (rows, elements)."""
        if self.of == "values":
            return np.bincount(np.searchsorted(self.marks, rows.ravel()), minlength=len(self.expected))
        bins = np.full(self.elements, len(self.marks))
        bins[np.asarray(self.marks, dtype=np.int64)] = np.arange(len(self.marks))
        return np.bincount(bins[rows.argmax(axis=1)], minlength=len(self.expected))


@dataclasses.dataclass(frozen=True)
class Index:
    """What came of it."""

    output: str
    of: Of
    psi: float | None
    """None until there are enough samples."""
    samples: int


def read(artifact: Path) -> tuple[Part, ...]:
    """What the build counted; nothing where it counted nothing. Raises DistributionError."""
    if not (artifact / FILE).exists():
        return ()
    try:
        return tuple(part for one in json.loads((artifact / FILE).read_bytes())["outputs"] for part in _parts(one))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DistributionError(f"the artifact's {FILE} cannot be read: {error!r}") from error


def _parts(output: dict[str, Any]) -> Iterable[Part]:
    """Its values, and where it has scores its classes."""
    name, elements = output["name"], output["elements"]
    yield Part(name, "values", elements, output["values"]["edges"], output["values"]["counts"])
    if classes := output.get("classes"):
        yield Part(name, "classes", elements, classes["classes"], classes["counts"])


def index(expected: Sequence[int] | Array, actual: Sequence[int] | Array) -> float:
    """The population stability index of counts of the same bins."""
    before, now = (_shares(np.asarray(counts)) for counts in (expected, actual))
    return float(((now - before) * np.log(now / before)).sum())


def _shares(counts: Array) -> Array:
    shares: Array = (counts + SMOOTHING) / (counts.sum() + SMOOTHING * len(counts))
    return shares


@dataclasses.dataclass
class _Half:
    """Samples of one output, counted by each of its parts."""

    counts: list[Array]
    samples: int = 0


class Window:
    """The last samples of each output: 500 to 1,000 of them, once there are so many. Counts are all that it holds."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """Empty, for these."""
        self._parts: dict[str, list[Part]] = {}
        for part in parts:
            self._parts.setdefault(part.output, []).append(part)
        self._before = {output: self._empty(output) for output in self._parts}
        self._now = {output: self._empty(output) for output in self._parts}

    def add(self, output: str, values: Array) -> None:
        """The values of one answer, of as many rows as they make; an answer of another size is none of ours."""
        parts = self._parts.get(output)
        if not parts or not values.size or values.size % parts[0].elements:
            return
        rows, half = values.reshape(-1, parts[0].elements), self._now[output]
        half.counts = [counts + part.count(rows) for counts, part in zip(half.counts, parts, strict=True)]
        half.samples += len(rows)
        if half.samples >= HALF:
            self._before[output], self._now[output] = half, self._empty(output)

    def indexes(self) -> tuple[Index, ...]:
        """Of every part, in the build's order."""
        return tuple(self._index(part, number) for parts in self._parts.values() for number, part in enumerate(parts))

    def _index(self, part: Part, number: int) -> Index:
        before, now = self._before[part.output], self._now[part.output]
        samples = before.samples + now.samples
        psi = index(part.expected, before.counts[number] + now.counts[number]) if samples >= HALF else None
        return Index(part.output, part.of, psi, samples)

    def _empty(self, output: str) -> _Half:
        return _Half([np.zeros(len(part.expected), np.int64) for part in self._parts[output]])
