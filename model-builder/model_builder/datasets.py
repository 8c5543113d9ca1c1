"""A user's data set: an .npz with an array per input and `labels`, held against what the request declares.

convert and optimize both read it from fetch's copy, which neither can write: the model's code cannot relabel the
samples that it is judged on.
"""

import dataclasses
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model_builder import arrays, contract, errors

#: The array that holds the right class of each row.
LABELS = "labels"
SCORES_RANK = 2
NEXT_STEP = "Write it with numpy.savez: an array for each input, of its name and type, and labels; no objects."


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Rows to judge a classifier on."""

    file: str
    #: Array of each input: (rows, *shape without the batch axis) where the model has a batch axis, else (rows, *shape).
    inputs: dict[str, arrays.Array]
    #: (rows,), int64, each at least 0.
    labels: arrays.Array

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.labels)


def has_batch(tensors: Sequence[contract.Tensor]) -> bool:
    """Do all have a leading dynamic axis? Then a row of a data set is a row of a batch, else it is a whole input."""
    return all(tensor.shape[0] == -1 for tensor in tensors)


def read(folder: Path, file: str, tensors: Sequence[contract.Tensor]) -> Dataset:
    """Read and check.

    Raises:
        RejectedError: EvaluationInvalid, with the file as its field.

    """
    found = load(folder / file, file)
    absent = [name for name in (*(tensor.name for tensor in tensors), LABELS) if name not in found]
    if absent:
        raise invalid(file, f"misses the array {', '.join(absent)}; it holds {', '.join(found) or 'no array'}")
    labels = check_labels(found[LABELS], file)
    for tensor in tensors:
        check_input(found[tensor.name], tensor, len(labels), batched=has_batch(tensors), file=file)
    return Dataset(file, {tensor.name: found[tensor.name] for tensor in tensors}, labels)


def load(path: Path, file: str) -> dict[str, arrays.Array]:
    """Every array of an .npz of somebody else's."""
    if not zipfile.is_zipfile(path):
        raise invalid(file, "is truncated, or is no .npz")
    try:
        return arrays.load(path)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise invalid(file, f"is damaged, or holds something other than plain arrays: {error}") from error


def check_labels(labels: arrays.Array, file: str) -> arrays.Array:
    """The labels as (rows,) int64."""
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise invalid(file, f"labels must be one integer a row, not {labels.dtype} of shape {labels.shape}")
    if not len(labels):
        raise invalid(file, "has no rows")
    if labels.min() < 0:
        raise invalid(file, f"has the label {labels.min()} in row {labels.argmin()}; classes count from 0")
    return labels.astype(np.int64)


def check_input(array: arrays.Array, tensor: contract.Tensor, rows: int, *, batched: bool, file: str) -> None:
    """An input's array has the declared type and shape, and as many rows as there are labels."""
    if array.ndim == 0 or len(array) != rows:
        raise invalid(file, f"has {rows} labels but {tensor.name} has shape {array.shape}")
    if array.dtype != np.dtype(tensor.dtype):
        raise invalid(file, f"has {tensor.name} as {array.dtype}, spec.model.inputs declares {tensor.dtype}")
    declared = tensor.shape[1:] if batched else tensor.shape
    actual = array.shape[1:]
    if len(declared) != len(actual) or any(want not in (-1, got) for want, got in zip(declared, actual, strict=True)):
        raise invalid(file, f"has rows of {tensor.name} of shape {list(actual)}, spec.model.inputs declares {declared}")


def predictions(scores: arrays.Array, labels: arrays.Array, file: str) -> arrays.Array:
    """The class of the highest score of each row, (rows,).

    Raises:
        RejectedError: EvaluationInvalid: the model's first output is no scores, or a label is of no class.

    """
    if scores.ndim == SCORES_RANK + 1 and scores.shape[1] == 1:
        scores = scores[:, 0]  # a model without a batch axis that answers (1, classes) a row
    if scores.ndim != SCORES_RANK or scores.shape[0] != len(labels) or scores.shape[1] < 2:  # noqa: PLR2004
        raise invalid(
            file,
            f"cannot be judged: for its {len(labels)} rows the model's first output has shape {scores.shape}, "
            "not a score for each class",
            "Evaluation is for classifiers: let the first output be [batch, classes], or leave the evaluation out.",
        )
    if labels.max() >= scores.shape[1]:
        raise invalid(
            file,
            f"has the label {labels.max()} in row {labels.argmax()}, but the model knows the {scores.shape[1]} "
            f"classes 0 to {scores.shape[1] - 1}",
        )
    return np.asarray(scores.argmax(axis=1))


def invalid(file: str, problem: str, next_step: str = NEXT_STEP) -> errors.RejectedError:
    """The data set, and what is wrong with it."""
    return errors.RejectedError(
        contract.FailureReason.EVALUATION_INVALID, f"{file} {problem}", field=file, next_step=next_step
    )
