"""A user's data set: an .npz with an array per input, held against what the request declares.

    evaluation    with `labels`: what candidates are judged on
    calibration   without: what ranges are taken from; no row of it may be in the evaluation set

convert and optimize both read them from fetch's copy, which neither can write: the model's code cannot relabel the
samples that it is judged on.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from model_builder import arrays, contract, errors, npz

#: The array that holds the right class of each row.
LABELS = "labels"
SCORES_RANK = 2
#: Input name -> (rows, *shape of one row).
Rows = Mapping[str, arrays.Array]


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
    """Read and check an evaluation set.

    Raises:
        RejectedError: EvaluationInvalid, with the file as its field.

    """
    wrong = functools.partial(npz.invalid, file)
    found = npz.load(folder / file, wrong)
    npz.check_names(found, [*(tensor.name for tensor in tensors), LABELS], wrong)
    labels = check_labels(found[LABELS], wrong)
    check_inputs(found, tensors, len(labels), LABELS, wrong)
    return Dataset(file, {tensor.name: found[tensor.name] for tensor in tensors}, labels)


def read_calibration(folder: Path, file: str, tensors: Sequence[contract.Tensor]) -> dict[str, arrays.Array]:
    """Read and check a calibration set: input name -> (rows, *shape of one row), in the order of the tensors.

    Raises:
        RejectedError: CalibrationInvalid, with the file as its field.

    """
    wrong = functools.partial(npz.invalid, file, reason=contract.FailureReason.CALIBRATION_INVALID)
    found, first = npz.load(folder / file, wrong), tensors[0].name
    npz.check_names(found, [tensor.name for tensor in tensors], wrong)
    rows = len(found[first]) if found[first].ndim else 0
    if not rows:
        raise wrong("has no rows")
    check_inputs(found, tensors, rows, f"rows of {first}", wrong)
    for tensor in tensors:
        npz.check_finite(found[tensor.name], tensor.name, wrong)
    return {tensor.name: found[tensor.name] for tensor in tensors}


def check_inputs(found: Rows, tensors: Sequence[contract.Tensor], rows: int, counted: str, wrong: npz.Invalid) -> None:
    """Every input's array has the declared type and shape, and so many rows, which were counted on something."""
    batched = has_batch(tensors)
    for tensor in tensors:
        npz.check_length(found[tensor.name], tensor.name, rows, counted, wrong)
        npz.check_rows(found[tensor.name], tensor, wrong, batched=batched)


def check_labels(labels: arrays.Array, wrong: npz.Invalid) -> arrays.Array:
    """The labels as (rows,) int64."""
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise wrong(f"labels must be one integer a row, not {labels.dtype} of shape {labels.shape}")
    if not len(labels):
        raise wrong("has no rows")
    if labels.min() < 0:
        raise wrong(f"has the label {labels.min()} in row {labels.argmin()}; classes count from 0")
    return labels.astype(np.int64)


def check_overlap(calibration_file: str, calibration: Rows, evaluation_file: str, evaluation: Rows) -> None:
    """Raise RejectedError (DataOverlap) if a row stands in both sets."""
    common = overlap(calibration, evaluation)
    if not common:
        return
    rows = len(next(iter(calibration.values())))
    first, second = common[0]
    raise errors.RejectedError(
        contract.FailureReason.DATA_OVERLAP,
        f"{len(common)} of the {rows} rows of {calibration_file} stand in {evaluation_file} too: the first is row "
        f"{first}, which is row {second} there (rows count from 0)",
        field="spec.build.calibration.data.file",
        next_step=f"Take {calibration_file} from data that is not in {evaluation_file}, such as what the model was "
        "trained on: samples that chose the ranges cannot judge them.",
    )


def overlap(first: Rows, second: Rows) -> list[tuple[int, int]]:
    """Rows of the first set that stand in the second, each with where it first stands there; all inputs are equal."""
    known: dict[bytes, int] = {}
    for number, name in enumerate(row_names(second, sorted(first))):
        known.setdefault(name, number)
    names = enumerate(row_names(first, sorted(first)))
    return [(number, known[name]) for number, name in names if name in known]


def row_names(rows: Rows, order: Sequence[str]) -> Iterator[bytes]:
    """A digest for each row, of the shape and bytes of all its inputs."""
    columns = [np.ascontiguousarray(rows[name]) for name in order]
    shapes = repr([column.shape[1:] for column in columns]).encode()
    for number in range(len(columns[0])):
        yield hashlib.sha256(shapes + b"".join(column[number].tobytes() for column in columns)).digest()


def predictions(scores: arrays.Array, labels: arrays.Array, file: str) -> arrays.Array:
    """The class of the highest score of each row, (rows,).

    Raises:
        RejectedError: EvaluationInvalid: the model's first output is no scores, or a label is of no class.

    """
    if scores.ndim == SCORES_RANK + 1 and scores.shape[1] == 1:
        scores = scores[:, 0]  # a model without a batch axis that answers (1, classes) a row
    if scores.ndim != SCORES_RANK or scores.shape[0] != len(labels) or scores.shape[1] < 2:  # noqa: PLR2004
        raise npz.invalid(
            file,
            f"cannot be judged: for its {len(labels)} rows the model's first output has shape {scores.shape}, "
            "not a score for each class",
            "Evaluation is for classifiers: let the first output be [batch, classes], or leave the evaluation out.",
        )
    if labels.max() >= scores.shape[1]:
        raise npz.invalid(
            file,
            f"has the label {labels.max()} in row {labels.argmax()}, but the model knows the {scores.shape[1]} "
            f"classes 0 to {scores.shape[1] - 1}",
        )
    return np.asarray(scores.argmax(axis=1))
