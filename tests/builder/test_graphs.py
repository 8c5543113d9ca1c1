"""What an ONNX file says about itself."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder import quantized_made as made
from model_builder.optimizing import graphs

node = onnx.helper.make_node
ONE, STEP = np.array(1, np.float32), np.array(0.25, np.float32)


@pytest.mark.parametrize(
    ("kinds", "precision"),
    [
        ({}, "float32"),
        ({"a": "f4"}, "float32"),
        ({"a": "f2"}, "float16"),
        ({"a": "i1"}, "int8"),
        ({"a": "u1"}, "int8"),
        ({"a": "i1", "b": "u1", "c": "f4"}, "int8"),
        ({"a": "f4", "b": "f4", "c": "i1"}, "float32"),
        ({"a": "i8", "b": "i8", "c": "f4"}, "float32"),
    ],
)
def test_precision_is_what_most_elements_of_the_weights_are(
    tmp_path: Path, kinds: dict[str, str], precision: str
) -> None:
    constants = {name: np.ones((4, 4), kind) for name, kind in kinds.items()}
    path = made.graph(
        tmp_path / "m.onnx", [node("Identity", ["x"], ["y"])], [4], bias=np.ones(99, np.int32), **constants
    )
    assert graphs.precision(graphs.read(path)) == precision


def test_an_output_that_comes_straight_from_codes_has_a_step(tmp_path: Path) -> None:
    nodes = [node("QuantizeLinear", ["x", "step"], ["codes"]), node("DequantizeLinear", ["codes", "step"], ["y"])]
    path = made.graph(tmp_path / "model.onnx", nodes, [4], step=STEP)
    assert graphs.output_steps(graphs.read(path)) == {"y": 0.25}


def test_any_other_output_has_none(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["x", "step"], ["codes"]),
        node("DequantizeLinear", ["codes", "step"], ["floats"]),
        node("Softmax", ["floats"], ["y"]),
    ]
    path = made.graph(tmp_path / "model.onnx", nodes, [4], step=STEP)
    assert graphs.output_steps(graphs.read(path)) == {}
