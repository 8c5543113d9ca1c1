"""A name for the weights of a graph alone: equal plans give equal ones, while reports hold measured times."""

from pathlib import Path
from typing import Any

import onnx

from model_builder import digests
from model_builder.optimizing import graphs


def digest(path: Path) -> str:
    """Digest over name, type, shape and bytes of each constant in the order of names, those of another file too."""
    known = graphs.constants(graphs.read(path).graph)
    return digests.of_json([described(name, known[name], path.parent) for name in sorted(known)])


def described(name: str, tensor: onnx.TensorProto, folder: Path) -> list[Any]:
    """One tensor; its bytes by their digest, so that only one is held at a time."""
    content = onnx.numpy_helper.to_array(tensor, str(folder)).tobytes()
    return [name, graphs.kind(tensor), list(tensor.dims), digests.of_bytes(content)]
