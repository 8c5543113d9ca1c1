"""Small classifiers as ONNX files, the same in numpy as their "original", and samples to judge them on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_builder import arrays, contract, datasets, running
from model_builder.optimizing import evidence

FEATURES, HIDDEN, CLASSES, ROWS = 16, 24, 4, 200
NUMBERS = np.random.default_rng(0)
FIRST = NUMBERS.standard_normal((FEATURES, HIDDEN), dtype=np.float32)
SECOND = NUMBERS.standard_normal((HIDDEN, CLASSES), dtype=np.float32)
IMAGES = NUMBERS.standard_normal((ROWS, FEATURES), dtype=np.float32)
INPUT = contract.Tensor(name="x", dtype="float32", shape=[-1, FEATURES])

#: Nodes that make `seen` of `x`, in which a sample may see its neighbours.
ALONE = [helper.make_node("Identity", ["x"], ["seen"])]
MEAN = [
    helper.make_node("ReduceMean", ["x", "axis"], ["mean"], keepdims=1),
    helper.make_node("Sub", ["x", "mean"], ["seen"]),
]
#: One feature of a neighbour counts where it is above 100.
OUTLIER = [
    helper.make_node("ReduceMax", ["x", "both"], ["most"], keepdims=1),
    helper.make_node("Sub", ["most", "hundred"], ["above"]),
    helper.make_node("Relu", ["above"], ["excess"]),
    helper.make_node("Add", ["x", "excess"], ["seen"]),
]


def classifier(path: Path, seen: list[onnx.NodeProto] = ALONE, second: arrays.Array = SECOND) -> Path:
    """output = relu(seen @ FIRST) @ SECOND, written to a file."""
    nodes = [
        *seen,
        helper.make_node("MatMul", ["seen", "first"], ["product"]),
        helper.make_node("Relu", ["product"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "second"], ["output"]),
    ]
    constants = {
        "first": FIRST,
        "second": second,
        "axis": np.array([0]),
        "both": np.array([0, 1]),
        "hundred": np.array([[100]], np.float32),
    }
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", FEATURES])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def original(feed: Mapping[str, arrays.Array]) -> list[arrays.Array]:
    """What `classifier` computes."""
    return [np.maximum(feed["x"] @ FIRST, 0) @ SECOND]


def mean_original(feed: Mapping[str, arrays.Array]) -> list[arrays.Array]:
    """What `classifier` with MEAN computes."""
    return original({"x": feed["x"] - feed["x"].mean(0, keepdims=True)})


def evidence_of(
    call: running.Call = original, images: arrays.Array = IMAGES, *, evaluated: bool = True, **asked: Any
) -> evidence.Evidence:
    """What an original model answered; the labels are its own answers, but for every twentieth."""
    request = contract.BuildRequest(
        model=contract.Model(
            format=contract.ModelFormat.STATE_DICT,
            weights="weights.pt",
            architecture=contract.Architecture(factory="code:build"),
            inputs=[INPUT],
        ),
        evaluation=contract.Evaluation(data=contract.Data(file="test.npz")) if evaluated else None,
        **asked,
    )
    [scores] = running.over_rows(call, {"x": images}, batched=True)
    labels = scores.argmax(1)
    labels[::20] = (labels[::20] + 1) % CLASSES
    requests = {"x": images[:8, None]}
    [golden] = running.over_requests(call, requests)
    dataset = datasets.Dataset("test.npz", {"x": images}, labels) if evaluated else None
    return evidence.Evidence(request, dataset, requests, {"output": golden}, {"output": scores} if evaluated else {})
