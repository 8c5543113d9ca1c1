"""Counters, gauges and histograms as Prometheus reads them; what is counted is not known here (`metrics`). Pure.

The text format 0.0.4, and no library: its rules fit on this page, nothing here is shared between threads, and one
count costs less than a microsecond. https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import bisect
import collections
import itertools
from collections.abc import Iterable, Iterator, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Values of the labels of one series, in the order of the family's labels.
Values = tuple[str, ...]


class Counter:
    """Counts for each combination of its labels' values."""

    def __init__(self, name: str, words: str, *labels: str, known: Iterable[Values] = ()) -> None:
        """`known` begin at nought: what is not there yet and then is 1 has not grown, for who asks for an increase."""
        self._name, self._words, self._labels = name, words, labels
        self._counts = collections.Counter(dict.fromkeys(known if labels else [()], 0))

    def count(self, *values: str) -> None:
        """One more."""
        self._counts[values] += 1

    def lines(self) -> Iterator[str]:
        """All series."""
        samples = ((labelled(self._labels, values), count) for values, count in sorted(self._counts.items()))
        return family(self._name, "counter", self._words, samples)


class Histogram:
    """How many observations were at most so much, for each combination of its labels' values."""

    def __init__(self, name: str, words: str, bounds: Sequence[float], *labels: str) -> None:
        """`bounds` rise; what is above the last counts, too."""
        self._name, self._words, self._labels, self._bounds = name, words, labels, bounds
        self._counts: dict[Values, list[int]] = {}
        self._sums: dict[Values, float] = {}
        if not labels:
            self._begin(())

    def observe(self, value: float, *values: str) -> None:
        """One observation."""
        counts = self._counts.get(values) or self._begin(values)
        counts[bisect.bisect_left(self._bounds, value)] += 1
        self._sums[values] += value

    def lines(self) -> Iterator[str]:
        """All series."""
        yield from head(self._name, "histogram", self._words)
        for values, counts in sorted(self._counts.items()):
            yield from self._series(values, counts)

    def _begin(self, values: Values) -> list[int]:
        self._sums[values] = 0.0
        return self._counts.setdefault(values, [0] * (len(self._bounds) + 1))

    def _series(self, values: Values, counts: list[int]) -> Iterator[str]:
        """Each bucket holds all below it, too."""
        for bound, below in zip((*self._bounds, None), itertools.accumulate(counts), strict=True):
            limit = "+Inf" if bound is None else f"{bound:g}"
            yield sample(f"{self._name}_bucket", labelled((*self._labels, "le"), (*values, limit)), below)
        labels = labelled(self._labels, values)
        yield sample(f"{self._name}_sum", labels, self._sums[values])
        yield sample(f"{self._name}_count", labels, sum(counts))


def gauge(name: str, words: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    """What is so just now, by its labels (`labelled`)."""
    return family(name, "gauge", words, samples)


def family(name: str, kind: str, words: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    """One metric with its samples."""
    yield from head(name, kind, words)
    # No call for each: there are tens of thousands.
    yield from (f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in samples)


def head(name: str, kind: str, words: str) -> Iterator[str]:
    """What a family is, whether or not it has a sample."""
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"


def sample(name: str, labels: str, value: float) -> str:
    """One line."""
    return f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def labelled(labels: Iterable[str], values: Iterable[str]) -> str:
    """What stands between the braces."""
    return ",".join(f'{label}="{escaped(value)}"' for label, value in zip(labels, values, strict=True))


def escaped(value: str) -> str:
    """A label's value: words of the cluster may hold anything."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
