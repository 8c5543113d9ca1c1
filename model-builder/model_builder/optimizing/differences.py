"""How far a metric falls from one model to another on the same samples, with intervals.

The samples are paired: most are answered alike by both, and only those that are not say anything about the difference.
All comes from one table, how many rows of class t the baseline answered with p and the candidate with q:

                      candidate right   candidate wrong
    baseline right          a                 b             accuracy fell by (b - c) / n
    baseline wrong          c                 d
"""

import dataclasses
import math

import numpy as np
import scipy.stats

from model_builder import arrays, contract
from model_builder.optimizing import metrics


@dataclasses.dataclass(frozen=True)
class Paired:
    """The cells that are not empty, (cells,) each."""

    truth: arrays.Array
    baseline: arrays.Array
    candidate: arrays.Array
    counts: arrays.Array

    @property
    def rows(self) -> int:
        """Samples."""
        return int(self.counts.sum())

    @property
    def worse(self) -> int:
        """b: samples that the baseline alone answered rightly."""
        return self._where(self.baseline == self.truth, self.candidate != self.truth)

    @property
    def better(self) -> int:
        """c: samples that the candidate alone answered rightly."""
        return self._where(self.baseline != self.truth, self.candidate == self.truth)

    def of(self, predicted: arrays.Array) -> metrics.Confusion:
        """One model's side of it."""
        return metrics.Confusion(self.truth, predicted, self.counts)

    def _where(self, first: arrays.Array, second: arrays.Array) -> int:
        return int(self.counts[first & second].sum())


@dataclasses.dataclass(frozen=True)
class Difference:
    """A metric of both models, and how far it fell: positive is worse, as a part of 1."""

    before: float
    after: float
    fall: float
    low: float
    high: float
    #: Upper end of the one-sided interval, where a confidence was asked for.
    bound: float | None
    #: Standard deviation of the fall, times the root of the number of samples: what one sample contributes.
    deviation: float


def paired(labels: arrays.Array, baseline: arrays.Array, candidate: arrays.Array) -> Paired:
    """Count; all are (rows,) of class numbers."""
    cells, counts = np.unique(np.stack([labels, baseline, candidate]), axis=1, return_counts=True)
    return Paired(cells[0], cells[1], cells[2], counts)


def of(table: Paired, metric: contract.Metric, confidence: float | None) -> Difference:
    """The fall of a metric, with its two-sided 95 % interval and, where asked, a one-sided bound."""
    before, after = (value(table.of(side), metric) for side in (table.baseline, table.candidate))
    if metric == contract.Metric.ACCURACY:
        fall = (table.worse - table.better) / table.rows
        return _widened(adjusted_wald(table, confidence), before, after, fall)
    return _widened(bootstrapped(table, metric, confidence), before, after, before - after)


def value(table: metrics.Confusion, metric: contract.Metric) -> float:
    """A metric's point estimate."""
    if metric == contract.Metric.ACCURACY:
        return table.right / table.rows
    return float(metrics.scores(table, table.counts[None], metric)[0])


@dataclasses.dataclass(frozen=True)
class Spread:
    """Ends of intervals, before they are held against the point estimate."""

    low: float
    high: float
    bound: float | None
    deviation: float


def adjusted_wald(table: Paired, confidence: float | None) -> Spread:
    """The interval of a difference of paired proportions, for accuracy.

    A. Agresti and Y. Min, Simple improved confidence intervals for comparing matched proportions, Statistics in
    Medicine 24 (2005): Wald's interval after adding one half to each of the four cells. It keeps its coverage where b
    and c are few, which is the usual case here; with b = c = 0 it is not a point.
    """
    rows, down, up = table.rows + 2, table.worse + 0.5, table.better + 0.5
    middle = (down - up) / rows
    deviation = math.sqrt((down + up) / rows - middle**2)
    error = deviation / math.sqrt(rows)
    half = _quantile((1 + metrics.CONFIDENCE) / 2) * error
    bound = None if confidence is None else middle + _quantile(confidence) * error
    return Spread(middle - half, middle + half, bound, deviation)


def bootstrapped(table: Paired, metric: contract.Metric, confidence: float | None) -> Spread:
    """The percentile bootstrap's interval of a macro metric: both models on the same resampled rows.

    Where no answer differs every resample gives zero, so the interval is a point, however few the samples are.
    """
    sides = table.of(table.baseline), table.of(table.candidate)

    def fall(drawn: arrays.Array) -> arrays.Array:
        before, after = (metrics.scores(side, drawn, metric) for side in sides)
        difference: arrays.Array = before - after
        return difference

    values = metrics.resampled(table.counts, fall)
    low, high = np.quantile(values, [(1 - metrics.CONFIDENCE) / 2, (1 + metrics.CONFIDENCE) / 2])
    bound = None if confidence is None else float(np.quantile(values, confidence))
    return Spread(float(low), float(high), bound, float(values.std()) * math.sqrt(table.rows))


def _widened(spread: Spread, before: float, after: float, fall: float) -> Difference:
    """The ends never exclude what was measured, nor leave what is possible."""
    return Difference(
        before=before,
        after=after,
        fall=fall,
        low=max(min(spread.low, fall), -1.0),
        high=min(max(spread.high, fall), 1.0),
        bound=None if spread.bound is None else min(max(spread.bound, fall), 1.0),
        deviation=spread.deviation,
    )


def _quantile(share: float) -> float:
    """Of the standard normal distribution."""
    return float(scipy.stats.norm.ppf(share))
