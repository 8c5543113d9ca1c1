"""What a candidate says of its graph is proven on the file. What is portable: test_portability."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder import graphs_made
from builder import quantized_made as made
from model_builder.optimizing import claims
from model_builder.optimizing.candidates import registry

INT8, HALF, NOTHING = registry.Claim.INT8_WEIGHTS, registry.Claim.HALF_WEIGHTS, registry.Claim.NOTHING
node = onnx.helper.make_node


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return graphs_made.classifier(tmp_path / "converted" / "model.onnx")


def test_nothing_is_claimed_of_the_float_graph(source: Path) -> None:
    assert claims.prove(NOTHING, source, made.request()) == ""


@pytest.mark.parametrize(
    ("claim", "words"), [(INT8, "0% of the weights are 8 bit"), (HALF, "0% of the weights are float16")]
)
def test_a_float_graph_is_not_what_it_is_not(source: Path, claim: registry.Claim, words: str) -> None:
    said = claims.prove(claim, source, made.request())
    assert said.startswith(words)
    assert "first, float32 [16, 24]" in said


def test_half_precision_is_not_8_bit(source: Path) -> None:
    path = made.make(made.FP16, source, made.request(made.GPU))
    assert claims.prove(HALF, path, made.request(made.GPU)) == ""
    assert "0% of the weights are 8 bit" in claims.prove(INT8, path, made.request())


TOO_FEW = "82% of the weights are 8 bit, at least 90% must be; the largest that are not are other, float32 [10, 2]"


@pytest.mark.parametrize(("rows", "said"), [(1, ""), (2, TOO_FEW)])
def test_a_tenth_of_the_weights_may_be_something_else(tmp_path: Path, rows: int, said: str) -> None:
    nodes = [
        node("DequantizeLinear", ["codes", "one"], ["floats"]),
        node("MatMul", ["x", "floats"], ["between"]),
        node("MatMul", ["between", "other"], ["y"]),
    ]
    constants = {"codes": np.ones((9, 10), np.int8), "one": np.array(1, np.float32), "other": np.ones((10, rows), "f4")}
    path = made.graph(tmp_path / "model.onnx", nodes, ["batch", 9], **constants)
    assert claims.prove(INT8, path, made.request()) == said


def test_a_graph_without_weights_cannot_have_8_bit_ones(tmp_path: Path) -> None:
    path = made.graph(tmp_path / "model.onnx", [node("Relu", ["x"], ["y"])], ["batch", 4])
    assert "no weights that are multiplied" in claims.prove(INT8, path, made.request())


def test_a_table_that_is_looked_up_does_not_count(tmp_path: Path) -> None:
    nodes = [
        node("Cast", ["x"], ["ids"], to=onnx.TensorProto.INT64),
        node("Gather", ["table", "ids"], ["rows"]),
        node("DequantizeLinear", ["codes", "one"], ["floats"]),
        node("MatMul", ["rows", "floats"], ["y"]),
    ]
    constants = {"table": np.ones((99, 4), "f4"), "codes": np.ones((4, 4), np.int8), "one": np.array(1, np.float32)}
    assert (
        claims.prove(INT8, made.graph(tmp_path / "model.onnx", nodes, ["batch", 4], **constants), made.request()) == ""
    )
