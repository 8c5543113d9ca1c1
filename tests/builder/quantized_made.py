"""Candidates of small graphs, made on any machine: what CPU this is comes from a file."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx

from builder import graphs_made, making
from model_builder import arrays, contract
from model_builder.optimizing import candidates
from model_builder.optimizing.candidates import registry

INT8, FP16 = contract.CandidateName.INT8_STATIC, contract.CandidateName.FP16
PORTABLE, VNNI, GPU = {"cpu": "portable"}, {"cpu": "vnni"}, {"gpu": {}}
SEEN = np.random.default_rng(9).standard_normal((70, graphs_made.FEATURES), dtype=np.float32)
FLAGS = {"portable": "avx2", "vnni": "avx2 avx512_vnni"}


def request(target: dict[str, Any] = PORTABLE, method: str = "minMax", shape: list[int] | None = None) -> Any:
    """A request of one input `x`."""
    return making.classifier_request(
        target=target,
        calibration={"data": {"file": "train.npz"}, "method": method},
        inputs=[{"name": "x", "dtype": "float32", "shape": shape or [-1, graphs_made.FEATURES]}],
    )


def make(
    name: contract.CandidateName, source: Path, asked: contract.BuildRequest, rows: arrays.Array | None = SEEN
) -> Path:
    """Make a candidate beside the folder of its source."""
    candidate = candidates.registry.find(name)
    target = source.parent.parent / f"{name}-{len(list(source.parent.parent.iterdir()))}" / "model.onnx"
    material = registry.Material(asked, None if rows is None else {"x": rows})
    candidate.make(candidate.config.of(material), source, target)
    return target


def cpu(folder: Path, kind: str) -> Path:
    """What Linux says of a CPU of this kind."""
    path = folder / f"cpuinfo-{kind}"
    path.write_text(f"model name : A CPU\nflags : {FLAGS[kind]}\n")
    return path


def graph(path: Path, nodes: list[onnx.NodeProto], shape: list[Any], /, **constants: arrays.Array) -> Path:
    """A graph from `x` to `y`, both float of this shape."""
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    initializers = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    made = onnx.helper.make_graph(
        nodes, "made", [value("x", kind, shape)], [value("y", kind, [None] * len(shape))], initializers
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10), path)
    return path
