"""An .npz of somebody else's, held against what is declared: what is wrong with it is told, to whom and why.

Every check takes `wrong`, which makes the error: the same fault is another reason in an evaluation set than in a
calibration set.
"""

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from model_builder import arrays, contract, errors

NEXT_STEPS = {
    contract.FailureReason.EVALUATION_INVALID: "Write it with numpy.savez: an array for each input, of its name and "
    "type, and labels; no objects.",
    contract.FailureReason.CALIBRATION_INVALID: "Write it with numpy.savez: an array for each input, of its name and "
    "type; it needs no labels, and no objects.",
}
#: (what is wrong) -> the error that says so of a data set, with its file.
Invalid = Callable[..., errors.RejectedError]


def load(path: Path, wrong: Invalid) -> dict[str, arrays.Array]:
    """Every array of an .npz of somebody else's."""
    if not zipfile.is_zipfile(path):
        raise wrong("is truncated, or is no .npz")
    try:
        return arrays.load(path)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise wrong(f"is damaged, or holds something other than plain arrays: {error}") from error


def check_names(found: Mapping[str, arrays.Array], needed: Sequence[str], wrong: Invalid) -> None:
    """All arrays are there."""
    absent = [name for name in needed if name not in found]
    if absent:
        raise wrong(f"misses the array {', '.join(absent)}; it holds {', '.join(found) or 'no array'}")


def check_length(array: arrays.Array, name: str, rows: int, counted: str, wrong: Invalid) -> None:
    """An array has so many rows, which were counted on something."""
    if array.ndim == 0 or len(array) != rows:
        raise wrong(f"has {rows} {counted} but {name} has shape {array.shape}")


def check_rows(array: arrays.Array, tensor: contract.Tensor, wrong: Invalid, *, batched: bool) -> None:
    """The rows of an input have the declared type and shape."""
    if array.dtype != np.dtype(tensor.dtype):
        raise wrong(f"has {tensor.name} as {array.dtype}, spec.model.inputs declares {tensor.dtype}")
    declared = tensor.shape[1:] if batched else tensor.shape
    actual = array.shape[1:]
    if len(declared) != len(actual) or any(want not in (-1, got) for want, got in zip(declared, actual, strict=True)):
        raise wrong(f"has rows of {tensor.name} of shape {list(actual)}, spec.model.inputs declares {declared}")


def check_finite(array: arrays.Array, name: str, wrong: Invalid) -> None:
    """Ranges can be taken of it."""
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise wrong(f"has {name} that is NaN or infinite in row {row}; no range holds that")


def invalid(
    file: str,
    problem: str,
    next_step: str = "",
    *,
    reason: contract.FailureReason = contract.FailureReason.EVALUATION_INVALID,
) -> errors.RejectedError:
    """The data set, and what is wrong with it."""
    return errors.RejectedError(reason, f"{file} {problem}", field=file, next_step=next_step or NEXT_STEPS[reason])
