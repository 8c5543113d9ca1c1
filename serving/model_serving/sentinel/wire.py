"""Inference over HTTP with binary tensors: the V2 protocol's JSON head, then the tensors' bytes in order. Pure.

The client library would do it too, at 15 MB of memory and a second web stack beside the one that answers probes.
Format: Triton's "binary tensor data extension".
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from model_serving import datatypes

#: Where the JSON head ends.
LENGTH_HEADER = "Inference-Header-Content-Length"

Array = np.ndarray[Any, Any]


def request(inputs: Mapping[str, Array], outputs: Iterable[str], name: str = "") -> tuple[bytes, dict[str, str]]:
    """Body and headers; `name` is the request's id."""
    raw = {name: np.ascontiguousarray(array).tobytes() for name, array in inputs.items()}
    head = json.dumps(
        {
            **({"id": name} if name else {}),
            "inputs": [_input(name, array, len(raw[name])) for name, array in inputs.items()],
            "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in outputs],
        }
    ).encode()
    return head + b"".join(raw.values()), {LENGTH_HEADER: str(len(head))}


def answer(body: bytes, headers: Mapping[str, str]) -> dict[str, Array]:
    """Name -> array. Raises ValueError or KeyError on what is not an answer."""
    end = int(headers.get(LENGTH_HEADER, len(body)))
    arrays = {}
    for output in json.loads(body[:end])["outputs"]:
        size = output["parameters"]["binary_data_size"]
        arrays[output["name"]] = _array(body[end : end + size], output)
        end += size
    return arrays


def successes(metrics: str, model: str) -> int | None:
    """Requests of a model that succeeded, out of Triton's metrics (Prometheus text); None when they do not say."""
    found = re.search(
        rf'^nv_inference_request_success{{[^}}]*\bmodel="{re.escape(model)}"[^}}]*}} (\d+)', metrics, re.MULTILINE
    )
    return int(found[1]) if found else None


def _array(content: bytes, output: Mapping[str, Any]) -> Array:
    return np.frombuffer(content, dtype=datatypes.NUMPY[output["datatype"]]).reshape(output["shape"])


def _input(name: str, array: Array, size: int) -> dict[str, Any]:
    return {
        "name": name,
        "shape": list(array.shape),
        "datatype": datatypes.TRITON[array.dtype.name],
        "parameters": {"binary_data_size": size},
    }
