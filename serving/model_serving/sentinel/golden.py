"""Requests with known answers: read from the artifact, and compared. Pure, but for `read`.

golden.npz holds `input.<name>` and `output.<name>`; row i of each is the whole tensor of request i. `tolerance.<name>`
is how far an output may be off, absolute and relative, as the build measured it. Names and bounds are
`model_builder.contract`'s, spelt again because importing it costs this process a fifth of its memory; a test holds them
together.
"""

import dataclasses
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]

FILE = "golden.npz"
INPUT = "input."
OUTPUT = "output."
BOUND = "tolerance."
#: An element is right when |answer - expected| <= absolute + relative * |expected|. Where an artifact has no tolerances
#: of its own, both are these: other hardware sums in another order, and GPUs round float32 factors to TF32 (10 bits).
TOLERANCE = 1e-3
HALF_TOLERANCE = 1e-2
#: Share of whole numbers that may differ: those that come from comparing floats that are almost equal.
RARE = 1e-3


class GoldenError(Exception):
    """The artifact's golden samples cannot be used."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One request and its answer."""

    inputs: Arrays
    outputs: Arrays
    #: Output name -> (2,), absolute and relative.
    bounds: Arrays = dataclasses.field(default_factory=dict)


def read(artifact: Path) -> list[Sample]:
    """The samples of an artifact; none if it has no golden.npz. Raises GoldenError."""
    if not (artifact / FILE).exists():
        return []
    try:
        batchable = json.loads((artifact / "signature.json").read_bytes())["batchable"]
        with np.load(artifact / FILE) as file:
            arrays = dict(file)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise GoldenError(f"the artifact's golden samples cannot be read: {error}") from error
    return split(arrays, batchable=batchable)


def split(arrays: Mapping[str, Array], *, batchable: bool) -> list[Sample]:
    """Single requests. Raises GoldenError."""
    inputs, outputs, bounds = (_named(arrays, prefix) for prefix in (INPUT, OUTPUT, BOUND))
    if not inputs or not outputs:
        raise GoldenError(f"golden samples without inputs or outputs: {', '.join(arrays) or 'empty'}")
    if any(bound.shape != (2,) or not np.isfinite(bound).all() for bound in bounds.values()):
        raise GoldenError("golden samples with a tolerance that is not two numbers")
    lengths = {len(array) for array in [*inputs.values(), *outputs.values()]}
    if len(lengths) != 1:
        raise GoldenError(f"golden samples of unequal number: {sorted(lengths)}")
    return [
        Sample(
            {name: _sent(array[row], batchable=batchable) for name, array in inputs.items()},
            {name: array[row] for name, array in outputs.items()},
            bounds,
        )
        for row in range(lengths.pop())
    ]


def mixed(samples: Sequence[Sample], source: np.random.Generator) -> Sample:
    """A request that was hardly ever sent before, so that no cache answers it: each element is some sample's.

    So each stays within the range of its own place. What is right for it nobody knows: of the outputs the names count.
    """
    inputs = {name: _mix([sample.inputs[name] for sample in samples], source) for name in samples[0].inputs}
    return dataclasses.replace(samples[0], inputs=inputs)


def difference(sample: Sample, answer: Mapping[str, Array]) -> str:
    """What is wrong with an answer, or nothing."""
    for name, expected in sample.outputs.items():
        if name not in answer:
            return f"output {name} is missing"
        got = answer[name]
        if got.size != expected.size or got.dtype != expected.dtype:
            return f"output {name} is {got.dtype}{list(got.shape)}, expected {expected.dtype}{list(expected.shape)}"
        wrong = _wrong(got.reshape(expected.shape), expected, sample.bounds.get(name))
        if wrong.sum() > (0 if _floating(expected) else RARE * wrong.size):
            error = _error(got, expected)
            return f"output {name} differs in {wrong.sum()} of {wrong.size} elements, by up to {error:.3g}"
    return ""


def _mix(arrays: Sequence[Array], source: np.random.Generator) -> Array:
    stacked = np.stack(arrays)
    picks = source.integers(0, len(arrays), size=(1, *stacked.shape[1:]))
    mixture: Array = np.take_along_axis(stacked, picks, axis=0)[0]
    return mixture


def _wrong(got: Array, expected: Array, bound: Array | None) -> Array:
    """Which elements; NaN equals NaN."""
    least = HALF_TOLERANCE if expected.dtype == np.float16 else TOLERANCE
    absolute, relative = (least, least) if bound is None else bound
    close = np.isclose(
        got.astype(np.float64), expected.astype(np.float64), rtol=relative, atol=absolute, equal_nan=True
    )
    return ~close


def _error(got: Array, expected: Array) -> float:
    """Largest absolute difference."""
    with np.errstate(invalid="ignore"):
        return float(np.abs(got.astype(np.float64) - expected.reshape(got.shape).astype(np.float64)).max())


def _floating(array: Array) -> bool:
    return np.issubdtype(array.dtype, np.floating)


def _named(arrays: Mapping[str, Array], prefix: str) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _sent(array: Array, *, batchable: bool) -> Array:
    """One value a sample is [batch, 1] on the wire: see compose."""
    return array.reshape(-1, 1) if batchable and array.ndim == 1 else array
