"""The golden requests: what an artifact is tried with, at build and later beside the server.

The same few rows of the evaluation set, or seeded numbers where there is none: convert and optimize each take them
for themselves and get the same.
"""

from collections.abc import Sequence

import numpy as np

from model_builder import arrays, contract, datasets

COUNT = 8
#: Size of a dynamic axis other than the batch in made-up samples.
DYNAMIC_SIZE = 8
SEED = 0


def requests(tensors: Sequence[contract.Tensor], dataset: datasets.Dataset | None) -> dict[str, arrays.Array]:
    """Input name -> (requests, *whole shape of one), with a batch of 1 where there is a batch; at most COUNT."""
    rows = dataset.inputs if dataset else synthetic(tensors, COUNT)
    batched = datasets.has_batch(tensors)
    taken = {name: array[spread(len(array))] for name, array in rows.items()}
    return {name: array[:, None] if batched else array for name, array in taken.items()}


def spread(rows: int) -> arrays.Array:
    """Indices of at most COUNT rows, evenly over all: sets are often sorted by class."""
    return np.unique(np.linspace(0, rows - 1, min(rows, COUNT)).astype(np.int64))


def synthetic(tensors: Sequence[contract.Tensor], rows: int) -> dict[str, arrays.Array]:
    """Made-up rows: normal floats, integers and booleans of 0 and 1, which any table or mask takes."""
    source = np.random.default_rng(SEED)
    batched = datasets.has_batch(tensors)
    return {tensor.name: made(source, tensor, rows, batched=batched) for tensor in tensors}


def made(source: np.random.Generator, tensor: contract.Tensor, rows: int, *, batched: bool) -> arrays.Array:
    """(rows, *row shape) of one tensor."""
    declared = tensor.shape[1:] if batched else tensor.shape
    shape = (rows, *(DYNAMIC_SIZE if size == -1 else size for size in declared))
    if np.issubdtype(np.dtype(tensor.dtype), np.floating):
        return source.standard_normal(shape).astype(tensor.dtype)
    return source.integers(0, 2, shape).astype(tensor.dtype)
