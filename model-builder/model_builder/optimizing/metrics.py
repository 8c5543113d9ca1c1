"""Accuracy, macro recall and macro F1 of a classifier, each with a 95 % interval.

All come from one table: how many rows of class t were answered with class p. Only its cells that are not empty are
kept, at most one a row, so a thousand classes cost no million cells.
"""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import scipy.sparse
import scipy.stats

from model_builder import arrays, contract

CONFIDENCE = 0.95
#: Resamples: Efron and Tibshirani (An Introduction to the Bootstrap, 1993, section 14.2) ask 1,000 or more.
RESAMPLES = 2000
#: Resampled cells held at a time.
CELLS = 1 << 20
SEED = 0


@dataclasses.dataclass(frozen=True)
class Confusion:
    """The cells that are not empty, (cells,) each."""

    truth: arrays.Array
    predicted: arrays.Array
    counts: arrays.Array

    @property
    def rows(self) -> int:
        """Rows of the evaluation set."""
        return int(self.counts.sum())

    @property
    def right(self) -> int:
        """Rows that were answered with their class."""
        return int(self.counts[self.truth == self.predicted].sum())

    @property
    def classes(self) -> int:
        """Classes that occur in the evaluation set."""
        return len(np.unique(self.truth))


def confusion(labels: arrays.Array, predictions: arrays.Array) -> Confusion:
    """Count; both are (rows,) of class numbers."""
    pairs, counts = np.unique(np.stack([labels, predictions]), axis=1, return_counts=True)
    return Confusion(pairs[0], pairs[1], counts)


def estimate(table: Confusion, asked: Iterable[contract.Metric]) -> dict[contract.Metric, contract.Estimate]:
    """Each metric that is asked for."""
    return {metric: accuracy(table) if metric == contract.Metric.ACCURACY else macro(table, metric) for metric in asked}


def accuracy(table: Confusion) -> contract.Estimate:
    """Share of right answers, with Wilson's score interval.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927); it keeps its
    coverage for shares near 1, where the normal approximation does not (Brown, Cai, DasGupta 2001).
    """
    interval = scipy.stats.binomtest(table.right, table.rows).proportion_ci(CONFIDENCE, method="wilson")
    return contract.Estimate(value=table.right / table.rows, low=float(interval.low), high=float(interval.high))


def macro(table: Confusion, metric: contract.Metric) -> contract.Estimate:
    """Mean over the classes, with the percentile bootstrap's interval. With no wrong answer at all it is a point."""
    values = resampled(table.counts, lambda drawn: scores(table, drawn, metric))
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    value = float(scores(table, table.counts[None], metric)[0])
    return contract.Estimate(value=value, low=min(float(low), value), high=max(float(high), value))


def resampled(counts: arrays.Array, statistic: Callable[[arrays.Array], arrays.Array]) -> arrays.Array:
    """A statistic of RESAMPLES bootstrap samples, (RESAMPLES,); `statistic` maps (tables, cells) to (tables,).

    Drawing rows with replacement is drawing the table's cells from a multinomial distribution, so no row is touched
    (Efron and Tibshirani 1993, chapters 6 and 13).
    """
    source = np.random.default_rng(SEED)
    rows, share = int(counts.sum()), counts / counts.sum()
    chunk = max(1, CELLS // len(counts))
    drawn = (min(chunk, RESAMPLES - start) for start in range(0, RESAMPLES, chunk))
    return np.concatenate([statistic(source.multinomial(rows, share, size)) for size in drawn])


def scores(table: Confusion, counts: arrays.Array, metric: contract.Metric) -> arrays.Array:
    """The metric of each table of counts: (tables, cells) -> (tables,).

    recall of a class = right / rows of the class
    F1 of a class     = 2 right / (rows of the class + answers of the class), its harmonic mean with the precision

    Macro: the plain mean over the classes that have rows (Opitz and Burst, Macro F1 and Macro F1, 2019, eq. 3: the mean
    of the F1 scores). It is scikit-learn's average="macro" over those labels.
    """
    right, rows, answers = tallies(table, counts)
    total = rows if metric == contract.Metric.RECALL else (rows + answers) / 2
    present = rows > 0
    each = np.divide(right, total, out=np.zeros(rows.shape), where=present)
    mean: arrays.Array = each.sum(axis=1) / present.sum(axis=1)
    return mean


def tallies(table: Confusion, counts: arrays.Array) -> tuple[arrays.Array, arrays.Array, arrays.Array]:
    """Right answers, rows and answers of each class: (tables, cells) -> three of (tables, classes)."""
    classes = int(max(table.truth.max(), table.predicted.max())) + 1
    right = counts * (table.truth == table.predicted)
    return (
        right @ one_hot(table.truth, classes),
        counts @ one_hot(table.truth, classes),
        counts @ one_hot(table.predicted, classes),
    )


def one_hot(of: arrays.Array, classes: int) -> scipy.sparse.csr_array:
    """(cells, classes) with a one where the cell is of the class."""
    cells = np.arange(len(of))
    return scipy.sparse.csr_array((np.ones(len(of)), (cells, of)), shape=(len(of), classes))
