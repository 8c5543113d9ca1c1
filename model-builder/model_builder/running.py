"""Run a model, whichever runtime, over more than one call holds."""

import itertools
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from model_builder import arrays, contract, errors

#: Arrays by input name, for one call -> arrays in the order of the outputs.
Call = Callable[[Mapping[str, arrays.Array]], list[arrays.Array]]
#: Rows a call: enough to be fast, too few to need much memory.
BATCH = 32


def over_rows(call: Call, rows: Mapping[str, arrays.Array], *, batched: bool) -> list[arrays.Array]:
    """Outputs for every row, (rows, *output) each: in batches where the model has a batch axis, else a call a row.

    Raises:
        RejectedError: an output has no row for each row of the inputs.

    """
    return in_batches(call, rows, itertools.repeat(BATCH)) if batched else over_requests(call, rows)


def in_batches(call: Call, rows: Mapping[str, arrays.Array], sizes: Iterable[int]) -> list[arrays.Array]:
    """Outputs for every row, (rows, *output) each, in calls of so many rows one after another; the last has the rest.

    Raises:
        RejectedError: an output has no row for each row of the inputs.

    """
    count, start, parts = len(next(iter(rows.values()))), 0, []
    for size in sizes:
        chunk = {name: array[start : start + size] for name, array in rows.items()}
        parts.append(per_row(call(chunk), min(size, count - start)))
        start += size
        if start >= count:
            break
    return [joined(list(output)) for output in zip(*parts, strict=True)]


def over_requests(call: Call, requests: Mapping[str, arrays.Array]) -> list[arrays.Array]:
    """Outputs for every request, (requests, *whole output) each: a call a request."""
    count = len(next(iter(requests.values())))
    answers = [call({name: array[index] for name, array in requests.items()}) for index in range(count)]
    return [joined([np.asarray(answer)[None] for answer in output]) for output in zip(*answers, strict=True)]


def per_row(outputs: list[arrays.Array], rows: int) -> list[arrays.Array]:
    """The outputs, if each has a row for each row."""
    for index, output in enumerate(outputs):
        if output.ndim == 0 or len(output) != rows:
            raise mismatch(f"output {index} has shape {list(output.shape)} for a batch of {rows}: no row for each row")
    return outputs


def joined(parts: list[arrays.Array]) -> arrays.Array:
    """Parts one after another."""
    if len({part.shape[1:] for part in parts}) > 1:
        shapes = sorted({str(list(part.shape[1:])) for part in parts})
        raise mismatch(f"inputs of one shape give outputs of several: {', '.join(shapes)}")
    return np.concatenate(parts)


def mismatch(problem: str) -> errors.RejectedError:
    """The model does not answer as a model with these inputs should."""
    return errors.RejectedError(
        contract.FailureReason.SHAPE_MISMATCH,
        problem,
        field="spec.model.inputs",
        next_step="Declare a leading -1 only where the first axis is the batch, and let every output have it too.",
    )
