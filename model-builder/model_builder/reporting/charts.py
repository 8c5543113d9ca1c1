"""Geometry of the report's charts, in percent of their width and height. The template draws it as SVG.

Percent, and not a fixed canvas: lines and dots then keep their size and text its own on every width of screen.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence

from model_builder import contract
from model_builder.reporting import figures

#: Steps of an axis that people count in.
STEPS = (1, 2, 5, 10)
#: About as many labels as fit below a chart on a telephone.
LABELS = 6
#: Wider than this many times, a logarithmic axis is labelled at 1, 2, 5, 10, ...; narrower, at even steps.
WIDE = 6
#: Part of the calls that a histogram draws; a few that the machine held up would squeeze all others.
DRAWN = 0.99


@dataclasses.dataclass(frozen=True)
class Scale:
    """Values to percent of the width; what lies beyond stands at the edge."""

    low: float
    high: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """0 to 100, to two digits."""
        to: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = to(self.low), to(self.high)
        inside = min(max(value, self.low), self.high)
        return round(100 * (to(inside) - low) / (high - low), 2)


@dataclasses.dataclass(frozen=True)
class Tick:
    """A label of an axis."""

    at: float
    label: str


@dataclasses.dataclass(frozen=True)
class Whisker:
    """A point estimate and its interval."""

    low: float
    value: float
    high: float
    #: The estimate lies beyond the scale: it is drawn as an arrow at the edge.
    beyond: bool


@dataclasses.dataclass(frozen=True)
class Steps:
    """A histogram's outline, for `points` of a polygon in a box of 100 x 100 with y downwards, and calls left out."""

    outline: str
    median: float
    left_out: int


def around(values: Sequence[float], ceiling: float = math.inf) -> Scale:
    """A scale that holds all values with a margin, not beyond the ceiling."""
    low, high = min(values), max(values)
    margin = (high - low) * 0.08 or abs(high) * 0.05 or 1
    return Scale(low - margin, min(high + margin, ceiling) if high < ceiling else high + margin / 4)


def whisker(scale: Scale, low: float, value: float, high: float) -> Whisker:
    """Placed on a scale."""
    return Whisker(scale.at(low), scale.at(value), scale.at(high), not scale.low <= value <= scale.high)


def ticks(scale: Scale, label: Callable[[float], str] = figures.tidy) -> list[Tick]:
    """Round values inside a scale."""
    wide = scale.logarithmic and scale.high / scale.low > WIDE
    values = _decades(scale) if wide else _even(scale)
    return [Tick(scale.at(value), label(value)) for value in values]


def _even(scale: Scale) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (scale.high - scale.low) / LABELS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * step for step in STEPS if power * step >= rough)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _decades(scale: Scale) -> list[float]:
    """1, 2, 5, 10, 20, ... or powers of ten alone, where those are many."""
    powers = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
    steps = STEPS[:-1] if len(powers) <= LABELS - 1 else STEPS[:1]
    values = [step * 10.0**power for power in powers for step in steps]
    return [value for value in values if scale.low <= value <= scale.high]


def spans(histograms: Sequence[contract.Histogram]) -> Scale | None:
    """A logarithmic scale from the first call to nearly the last of each; None when no call was counted."""
    ends = [_ends(histogram) for histogram in histograms if any(histogram.counts)]
    if not ends:
        return None
    return Scale(min(low for low, _ in ends), max(high for _, high in ends), logarithmic=True)


def _ends(histogram: contract.Histogram) -> tuple[float, float]:
    wanted, seen = DRAWN * sum(histogram.counts), 0
    first = next(index for index, count in enumerate(histogram.counts) if count)
    for index, count in enumerate(histogram.counts):
        seen += count
        if seen >= wanted:
            return histogram.edges[first], histogram.edges[index + 1]
    raise AssertionError("the last bin completes the sum")


def peak(histogram: contract.Histogram) -> float:
    """The greatest density of a histogram: share of its calls for each unit of the axis' logarithm."""
    return max(_densities(histogram))


def steps(scale: Scale, histogram: contract.Histogram, median: float, top: float) -> Steps:
    """The outline of a histogram on a scale, `top` being the density that fills the height."""
    outline, left_out = [], 0
    bins = zip(itertools.pairwise(histogram.edges), _densities(histogram), histogram.counts, strict=True)
    for (low, high), density, count in bins:
        if low >= scale.high or high <= scale.low:
            left_out += count
            continue
        y = round(100 - 100 * density / top, 2)
        outline += [f"{scale.at(low):g},{y:g}", f"{scale.at(high):g},{y:g}"]
    whole = [f"{outline[0].split(',')[0]},100", *outline, f"{outline[-1].split(',')[0]},100"] if outline else []
    return Steps(" ".join(whole), scale.at(median), left_out)


def _densities(histogram: contract.Histogram) -> list[float]:
    total = sum(histogram.counts) or 1
    pairs = zip(itertools.pairwise(histogram.edges), histogram.counts, strict=True)
    return [count / total / math.log(high / low) for (low, high), count in pairs]
