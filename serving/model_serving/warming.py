"""Warm-up: golden requests that each instance runs before the model is ready, so that no client's request is the first.

    golden.npz, request 0 ─► model_warmup in the configuration + <model>/warmup/<input> with the raw values

Triton sends a file's values `batch_size` times at once: one sample is enough for every size. Pure, but for `read` and
`write`.
"""

import dataclasses
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tritonclient.grpc import model_config_pb2

from model_builder import contract
from model_serving import artifacts, datatypes

#: Where Triton looks for the files, beside the configuration.
FOLDER = "warmup"
GOLDEN = "golden.npz"

Array = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True)
class Request:
    """One request: input name -> whole tensor, with a batch of 1 where there is a batch."""

    inputs: Mapping[str, Array]


def read(artifact: Path, signature: contract.Signature) -> Request | None:
    """The first golden request; None where the artifact has none. Raises ArtifactError. Verify the artifact first."""
    if not (artifact / GOLDEN).exists():
        return None
    try:
        with np.load(artifact / GOLDEN, allow_pickle=False) as arrays:
            found = {tensor.name: arrays[f"{contract.GOLDEN_INPUT}{tensor.name}"][0] for tensor in signature.inputs}
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise artifacts.ArtifactError(f"the artifact's golden samples cannot be read: {error}") from error
    return Request(found)


def settings(
    signature: contract.Signature, request: Request, max_batch_size: int
) -> list[model_config_pb2.ModelWarmup]:
    """A warm-up with one sample and, where there are batches, one with the largest: both may allocate and compile."""
    sizes = sorted({1, max_batch_size}) if signature.batchable else [1]
    inputs = {tensor.name: _input(tensor, request.inputs[tensor.name], signature) for tensor in signature.inputs}
    return [model_config_pb2.ModelWarmup(name=f"golden-{size}", batch_size=size, inputs=inputs) for size in sizes]


def write(model: Path, request: Request | None) -> None:
    """The files of a warm-up; none, and none of an earlier one, without a request."""
    folder = model / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    if request is None:
        return
    folder.mkdir()
    for name, array in request.inputs.items():
        (folder / name).write_bytes(np.ascontiguousarray(array).tobytes())


def _input(tensor: contract.Tensor, array: Array, signature: contract.Signature) -> model_config_pb2.ModelWarmup.Input:
    """Of the sizes that the sample has: a warm-up knows no dynamic axes. Triton has no empty dims, see compose."""
    dims = (array.shape[1:] or (1,)) if signature.batchable else array.shape
    kind = model_config_pb2.DataType.Value(f"TYPE_{datatypes.TRITON[tensor.dtype]}")
    return model_config_pb2.ModelWarmup.Input(data_type=kind, dims=dims, input_data_file=tensor.name)
