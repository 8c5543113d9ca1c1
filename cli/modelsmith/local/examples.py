"""How to ask a model that is served here, in lines to copy."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model_builder import contract
from model_serving import artifacts, datatypes
from modelsmith.local import building, serving

#: JSON cannot carry these to Triton.
BINARY_ONLY = ("float16",)
REQUEST = "infer.json"
Array = np.ndarray[Any, Any]


def lines(job: building.Job, built: building.Built, served: serving.Served) -> Iterator[str]:
    """URLs, a `modelsmith predict`, a curl."""
    name, listening = job.asked.name, served.listening
    http = f"{listening.address}:{listening.http}"
    yield f"{name} is ready"
    yield f"  HTTP     http://{http}/v2/models/{name}"
    yield f"  gRPC     {listening.address}:{listening.grpc}"
    yield f"  metrics  http://{listening.address}:{listening.metrics}/metrics"
    golden = requests(built.folder)
    if golden:
        inputs = [word for tensor in golden for word in ("--input", f"{tensor}={sample(job, built, tensor)}")]
        yield f"  ask      {shlex.join(['modelsmith', 'predict', '--url', http, '--model', name, *inputs])}"
    if body := as_json(built.folder, golden):
        file = job.work / REQUEST
        file.write_text(body)
        yield f"  curl     {shlex.join(['curl', '-s', f'http://{http}/v2/models/{name}/infer', '-d', f'@{file}'])}"


def sample(job: building.Job, built: building.Built, tensor: str) -> str:
    """A file with a sample, as `modelsmith predict` takes it: of the evaluation set, else of the golden requests."""
    evaluation = job.asked.request.evaluation
    if evaluation and not job.source.is_relative_to(job.work):
        return brief(job.source / job.asked.request.source_root / evaluation.data.file)
    return f"{built.folder / 'golden.npz'}:{contract.GOLDEN_INPUT}{tensor}:0"


def brief(path: Path) -> str:
    """From here, where it is below."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def requests(artifact: Path) -> dict[str, Array]:
    """The first golden request: input name -> the whole tensor."""
    with np.load(artifact / "golden.npz", allow_pickle=False) as arrays:
        names = [name for name in arrays if name.startswith(contract.GOLDEN_INPUT)]
        return {name.removeprefix(contract.GOLDEN_INPUT): arrays[name][0] for name in names if len(arrays[name])}


def as_json(artifact: Path, golden: dict[str, Array]) -> str:
    """That request in Triton's JSON; empty where JSON cannot say it."""
    signature = artifacts.read_signature(artifact)
    if not golden or any(tensor.dtype in BINARY_ONLY for tensor in signature.inputs):
        return ""
    return json.dumps({"inputs": [_tensor(tensor, golden[tensor.name], signature) for tensor in signature.inputs]})


def _tensor(tensor: contract.Tensor, array: Array, signature: contract.Signature) -> dict[str, Any]:
    """One value a sample travels as [batch, 1]: Triton knows no empty shape."""
    sent = array.reshape(-1, 1) if signature.batchable and array.ndim == 1 else array
    datatype = datatypes.TRITON[tensor.dtype]
    return {"name": tensor.name, "shape": list(sent.shape), "datatype": datatype, "data": sent.ravel().tolist()}
