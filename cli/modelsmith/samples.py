"""One sample out of a file, in the shape that the model wants: NAME=FILE[:ARRAY][:ROW]."""

import dataclasses
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from modelsmith import errors

Array = np.ndarray[Any, Any]
LABELS = "labels"


@dataclasses.dataclass(frozen=True)
class Source:
    """Where an input comes from."""

    name: str
    file: str
    array: str
    row: int


@dataclasses.dataclass(frozen=True)
class Wanted:
    """An input as the server declares it; -1 is an axis of any size."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def parse(text: str) -> Source:
    """Raises SaidError."""
    name, equals, rest = text.partition("=")
    if not name or not equals or not rest:
        raise errors.SaidError(f"--input {text}: write NAME=FILE, for example image=sample.npz")
    file, *parts = rest.split(":")
    row = int(parts.pop()) if parts and parts[-1].isdecimal() else 0
    if len(parts) > 1:
        raise errors.SaidError(f"--input {text}: more than NAME=FILE:ARRAY:ROW")
    return Source(name, file, parts[0] if parts else name, row)


def find(wanted: Iterable[Wanted], source: Source) -> Wanted:
    """The declared input of that name. Raises SaidError."""
    known = {tensor.name: tensor for tensor in wanted}
    if source.name not in known:
        raise errors.SaidError(f"the model has no input {source.name}; it has {', '.join(known)}")
    return known[source.name]


def complete(wanted: Iterable[Wanted], inputs: Mapping[str, Array]) -> None:
    """Raises SaidError unless every input is there."""
    missing = [tensor.name for tensor in wanted if tensor.name not in inputs]
    if missing:
        raise errors.SaidError(f"the model also wants {', '.join(missing)}: give each with --input {missing[0]}=FILE")


def read(source: Source, wanted: Wanted) -> Array:
    """The row as a request. Raises SaidError."""
    found = _row(_array(source), source, wanted)
    if len(found.shape) != len(wanted.shape) or any(
        size not in (-1, there) for size, there in zip(wanted.shape, found.shape, strict=True)
    ):
        raise errors.SaidError(
            f"{source.file}: {source.array} gives shape {list(found.shape)}, but the model wants {list(wanted.shape)} "
            f"for its input {wanted.name}"
        )
    if not np.can_cast(found.dtype, wanted.dtype, casting="same_kind"):
        raise errors.SaidError(
            f"{source.file}: {source.array} holds {found.dtype}, but the model wants {wanted.dtype} for its input "
            f"{wanted.name}"
        )
    return found.astype(wanted.dtype)


def label(source: Source) -> int | None:
    """The true class of the row, where the file knows it."""
    labels = _load(source.file)
    if not isinstance(labels, Mapping) or LABELS not in labels:
        return None
    known = labels[LABELS]
    whole = known.ndim == 1 and np.issubdtype(known.dtype, np.integer) and source.row < len(known)
    return int(known[source.row]) if whole else None


def _row(array: Array, source: Source, wanted: Wanted) -> Array:
    """A file may hold rows of a batch, whole requests, or one sample."""
    rank = len(wanted.shape)
    if array.ndim == 1 and wanted.shape == (-1, 1):
        array = array[:, np.newaxis]
    rows = array.ndim == rank + 1 or (array.ndim == rank and wanted.shape[0] == -1)
    if rows and source.row >= len(array):
        raise errors.SaidError(f"{source.file}: {source.array} has {len(array)} rows, so row {source.row} is not there")
    if array.ndim == rank + 1:
        whole: Array = array[source.row]
        return whole
    if rows:
        return array[source.row : source.row + 1]
    return array[np.newaxis] if array.ndim == rank - 1 else array


def _array(source: Source) -> Array:
    loaded = _load(source.file)
    if not isinstance(loaded, Mapping):
        return loaded
    if source.array not in loaded:
        raise errors.SaidError(f"{source.file} has no array {source.array}; it has {', '.join(loaded) or 'none'}")
    array: Array = loaded[source.array]
    return array


def _load(file: str) -> Array | Mapping[str, Array]:
    """An .npz stays lazy: only the named arrays are read. Pickles are never loaded: they may run code."""
    try:
        loaded: Array | Mapping[str, Array] = np.load(file, allow_pickle=False)
    except OSError as error:
        raise errors.SaidError(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise errors.SaidError(f"{file} is no .npz or .npy file: {error}") from error
    return loaded
