"""Durations of single calls as figures: percentiles, and a histogram with bins of equal ratio.

Latencies spread by ratios, not by differences: half as long and twice as long are equally far from the median.
"""

import math
from collections.abc import Sequence

import numpy as np

from model_builder import contract

#: Digits of a figure that another run would reproduce, and one more.
DIGITS = 3
#: Bins at most, and the least ratio of their ends: narrower ones count noise.
BINS = 40
RATIO = 1.05
#: Part of the calls that may lie beyond either end.
TAIL = 0.005
#: Microseconds that no call is shorter than.
LEAST = 1e-3


def of(microseconds: Sequence[float], batch: int, edges: Sequence[float]) -> contract.Latency:
    """Percentiles and histogram of calls with so many samples each."""
    values = np.asarray(microseconds, float)
    p50, p90, p99 = (rounded(float(value)) for value in np.quantile(values, [0.5, 0.9, 0.99]))
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    histogram = contract.Histogram(edges=list(edges), counts=counts.tolist())
    return contract.Latency(batch=batch, calls=len(values), p50=p50, p90=p90, p99=p99, histogram=histogram)


def bins(*groups: Sequence[float]) -> list[float]:
    """Edges, in microseconds, for all groups together: so their histograms can be laid side by side.

    They leave out TAIL at each end, which `of` counts in the first and the last bin: one call that the scheduler held
    up for a hundred times as long would make all others share a few bins.
    """
    ends = [np.quantile(np.asarray(group, float), [TAIL, 1 - TAIL]) for group in groups]
    low, high = max(min(float(end[0]) for end in ends), LEAST), max(float(end[1]) for end in ends)
    ratio = max(RATIO, (high / low) ** (1 / BINS))
    count = max(1, math.ceil(math.log(high / low, ratio)))
    return [rounded(low * ratio**index) for index in range(count + 1)]


def rounded(value: float) -> float:
    """To DIGITS significant digits."""
    return float(f"{value:.{DIGITS}g}")
