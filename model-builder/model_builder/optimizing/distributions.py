"""distribution.json: how the artifact's answers to the evaluation set are distributed.

It is for every later question whether clients' answers still are. Counts of ten bins an output are all that is kept.
Values are taken as Triton's trace writes them (six digits), because that is what they are held against: a score of
0.99999994 is written 1, and must fall into the same bin here and there.
"""

from collections.abc import Mapping

import numpy as np

from model_builder import arrays, contract

BINS = 10
#: Fewer rows tell too little: a population stability index of ten bins is by chance about nine times
#: (1 / rows here + 1 / rows there), and 0.25 of it shall mean something.
LEAST_ROWS = 200
#: Longer answers take too long to read beside a server.
MOST_ELEMENTS = 4096
#: More classes than this are no classes.
MOST_CLASSES = 100
#: Values that are counted, in rows evenly over all.
MOST_VALUES = 1_000_000
#: Triton's trace leaves float16 out, and writes numbers of eight bits as characters.
TRACED = frozenset({"bool", "int16", "int32", "int64", "float32", "float64"})


def of(answers: Mapping[str, arrays.Array]) -> contract.Distribution | None:
    """Of answers given alone, (rows, *output) each; None where there are too few, or none that can be counted."""
    rows = min(map(len, answers.values()), default=0)
    found = [output(name, traced(answer)) for name, answer in answers.items() if countable(answer)]
    if rows < LEAST_ROWS or not found:
        return None
    return contract.Distribution(rows=rows, outputs=found)


def countable(answer: arrays.Array) -> bool:
    """Is it of a type that the trace writes, and short enough; and is there any number in it?"""
    size = answer[:1].size
    return answer.dtype.name in TRACED and 0 < size <= MOST_ELEMENTS and bool(np.isfinite(answer).any())


def traced(answer: arrays.Array) -> arrays.Array:
    """(rows, elements) of float64, as the trace writes them."""
    count = min(len(answer), MOST_VALUES // answer[:1].size)
    rows = answer[np.linspace(0, len(answer) - 1, count).astype(np.int64)].reshape(count, -1)
    if not np.issubdtype(answer.dtype, np.floating):
        return rows.astype(np.float64)
    return np.array([float(f"{value:.6g}") for value in rows.ravel().tolist()]).reshape(rows.shape)


def output(name: str, rows: arrays.Array) -> contract.OutputDistribution:
    """Of one output, (rows, elements)."""
    elements = rows.shape[1]
    scored = 1 < elements <= MOST_CLASSES
    return contract.OutputDistribution(
        name=name, elements=elements, values=values(rows), classes=classes(rows) if scored else None
    )


def values(rows: arrays.Array) -> contract.ValueCounts:
    """By deciles that are values themselves; of few different values there are fewer."""
    parts = np.arange(1, BINS) / BINS
    edges = np.unique(np.quantile(rows[np.isfinite(rows)], parts, method="inverted_cdf"))
    counts = np.bincount(np.searchsorted(edges, rows.ravel()), minlength=len(edges) + 1)
    return contract.ValueCounts(edges=edges.tolist(), counts=counts.tolist())


def classes(rows: arrays.Array) -> contract.ClassCounts:
    """The most frequent apart, as many as there are bins for."""
    counts = np.bincount(rows.argmax(axis=1), minlength=rows.shape[1])
    apart = np.argsort(-counts, kind="stable")
    if len(apart) > BINS:
        apart = apart[: BINS - 1]
    others = [int(counts.sum() - counts[apart].sum())] if len(apart) < len(counts) else []
    return contract.ClassCounts(classes=apart.tolist(), counts=[*counts[apart].tolist(), *others])
