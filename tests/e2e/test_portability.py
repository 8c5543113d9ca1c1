"""The proof that int8 is portable, held against an older CPU: what it accepts gives the same answers there."""

import numpy as np
import onnx
import pytest
from onnxruntime import quantization

from e2e import emulating
from model_builder.optimizing import portability

ROWS, FEATURES, CLASSES = 64, 64, 16
#: Every weight is as large as its channel's largest, and most features are high: pairs of products sum as high as they
#: can, which is where 16 bits saturate.
WEIGHTS = np.sign(np.random.default_rng(0).standard_normal((FEATURES, CLASSES))).astype(np.float32)
FEED = {"x": np.random.default_rng(1).uniform(0.5, 1, (ROWS, FEATURES)).astype(np.float32)}


class Rows(quantization.CalibrationDataReader):
    """The same rows, once."""

    def __init__(self):
        self.feeds = iter([FEED])

    def get_next(self):
        return next(self.feeds, None)


@pytest.fixture(scope="module", autouse=True)
def emulator():
    emulating.install()


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """Whether the range of the weights was reduced -> the int8 graph."""
    folder = tmp_path_factory.mktemp("graphs")
    onnx.save(float_graph(), folder / "float.onnx")
    made = {}
    for reduced in (True, False):
        made[reduced] = folder / f"int8-{'reduced' if reduced else 'full'}.onnx"
        quantization.quantize_static(
            folder / "float.onnx",
            made[reduced],
            Rows(),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=reduced,
        )
    return made


def float_graph():
    """scores = x @ WEIGHTS."""
    tensor, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "weights"], ["scores"])],
        "scores",
        [tensor("x", kind, ["batch", FEATURES])],
        [tensor("scores", kind, ["batch", CLASSES])],
        [onnx.numpy_helper.from_array(WEIGHTS, "weights")],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10)


def test_what_the_proof_accepts_gives_the_same_answers_on_an_older_cpu(graphs, tmp_path):
    assert portability.offender(onnx.load(graphs[True]), graphs[True].parent) is None
    [here], [there] = answers(graphs[True], tmp_path)
    np.testing.assert_array_equal(there, here)


def test_what_the_proof_rejects_gives_other_answers_on_an_older_cpu(graphs, tmp_path):
    """So the proof is not made of caution alone."""
    assert portability.offender(onnx.load(graphs[False]), graphs[False].parent) is not None
    exact = FEED["x"] @ WEIGHTS
    [there] = emulating.on_an_older_cpu(graphs[False], FEED, tmp_path)
    [portable] = emulating.on_an_older_cpu(graphs[True], FEED, tmp_path)
    assert np.abs(there - exact).max() > 10 * np.abs(portable - exact).max()


def answers(graph, folder):
    """Here, and on an older CPU."""
    return emulating.here(graph, FEED, folder), emulating.on_an_older_cpu(graph, FEED, folder)
