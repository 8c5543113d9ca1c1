"""Which int8 weights can saturate 16-bit sums of pairs. tests/e2e/test_portability.py holds this against a real CPU."""

import itertools
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import onnx
import pytest
from hypothesis import strategies
from hypothesis.extra import numpy as generated

from builder import graphs_made
from builder import quantized_made as made
from model_builder import arrays, machine
from model_builder.optimizing import claims, portability, weights
from model_builder.optimizing.candidates import registry

node = onnx.helper.make_node


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ([[64, 64]], None),
        ([[64, 65]], (0, (64, 65))),
        ([[-64, -64]], None),
        ([[-64, -65]], (0, (-65, -64))),
        ([[127]], None),
        ([[127, 1]], None),
        ([[127, 2]], (0, (2, 127))),
        ([[127, -127]], None),
        ([[127, 0, -3, 0, 5]], (0, (5, 127))),
        ([[64, 64, 64], [1, 100, 100]], (1, (100, 100))),
        ([[100], [100]], None),
        ([[]], None),
    ],
)
def test_a_pair_of_one_channel_may_not_leave_16_bits(codes: list[list[int]], found: Any) -> None:
    assert portability.saturating(np.array(codes, np.int8)) == found


@hypothesis.given(generated.arrays(np.int8, (2, 5), elements=strategies.integers(-128, 127)))
def test_every_pair_of_every_channel_counts(codes: arrays.Array) -> None:
    sums = [255 * (first + second) for row in codes.tolist() for first, second in itertools.combinations([*row, 0], 2)]
    can = any(not -32768 <= total <= 32767 for total in sums)
    assert (portability.saturating(codes) is not None) == can


FULL = np.full((4, 3), 100, np.int8)
#: Channels are columns: each has one large weight.
SPARSE = np.array([[100, 0, 0], [0, 100, 0], [0, 0, 100], [0, 0, 0]], np.int8)
SCALES = np.ones(3, np.float32)
ONE = np.array(1, np.float32)
ZERO = np.array(0, np.uint8)


def offender(tmp_path: Path, nodes: list[onnx.NodeProto], **constants: arrays.Array) -> portability.Offender | None:
    graph = onnx.load(made.graph(tmp_path / "model.onnx", nodes, ["batch", 4], **constants))
    return portability.offender(graph, tmp_path)


def dequantized(codes: arrays.Array, scale: arrays.Array = ONE, axis: int = 1) -> dict[str, Any]:
    nodes = [node("DequantizeLinear", ["w", "scale"], ["floats"], axis=axis), node("MatMul", ["x", "floats"], ["y"])]
    return {"nodes": nodes, "w": codes, "scale": scale}


def test_the_offending_tensor_channel_and_pair_are_named(tmp_path: Path) -> None:
    found = offender(tmp_path, **dequantized(FULL, SCALES))
    assert found == portability.Offender("w", 0, (100, 100))
    assert "the weights w hold 100 and 100 in output channel 0: 255 x (100 + 100) = 51000" in str(found)


def test_weights_of_different_channels_never_meet(tmp_path: Path) -> None:
    assert offender(tmp_path, **dequantized(SPARSE, SCALES)) is None


def test_without_a_known_axis_any_two_weights_may_meet(tmp_path: Path) -> None:
    assert offender(tmp_path, **dequantized(SPARSE)) == portability.Offender("w", None, (100, 100))


def test_an_axis_that_is_not_that_of_the_output_channels_says_nothing(tmp_path: Path) -> None:
    found = offender(tmp_path, **dequantized(SPARSE.T.copy().T, np.ones(4, np.float32), axis=0))
    assert found == portability.Offender("w", None, (100, 100))


def test_unsigned_weights_are_multiplied_exactly(tmp_path: Path) -> None:
    assert offender(tmp_path, **dequantized(FULL.astype(np.uint8))) is None


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("MatMulInteger", ["x8", "w"], ["y"])], {}),
        ([node("QLinearMatMul", ["x8", "one", "zero", "w", "one", "zero", "one", "zero"], ["y"])], {}),
        ([node("QGemm", ["x8", "one", "zero", "w", "one", "zero"], ["y"], domain="com.microsoft")], {}),
        (
            [
                node("DequantizeLinear", ["w", "one"], ["floats"]),
                node("Transpose", ["floats"], ["turned"]),
                node("MatMul", ["x", "turned"], ["y"]),
            ],
            {},
        ),
        (
            [node("DequantizeLinear", ["w", "one"], ["floats"]), node("Gemm", ["x", "floats", "bias"], ["y"])],
            {"bias": SCALES},
        ),
        ([node("DequantizeLinear", ["w", "one"], ["floats"]), node("MatMul", ["floats", "x"], ["y"])], {}),
    ],
)
def test_weights_are_found_in_whatever_form(
    tmp_path: Path, nodes: list[onnx.NodeProto], constants: dict[str, arrays.Array]
) -> None:
    found = offender(tmp_path, nodes, w=FULL, one=ONE, zero=ZERO, **constants)
    assert found
    assert (found.tensor, found.pair) == ("w", (100, 100))


def test_a_constant_node_is_no_hiding_place(tmp_path: Path) -> None:
    nodes = [
        node("Constant", [], ["w"], value=onnx.numpy_helper.from_array(FULL, "w")),
        node("DequantizeLinear", ["w", "scale"], ["floats"]),
        node("MatMul", ["x", "floats"], ["y"]),
    ]
    assert offender(tmp_path, nodes, scale=ONE)


def test_a_branch_is_no_hiding_place(tmp_path: Path) -> None:
    branch = onnx.helper.make_graph(
        [node("DequantizeLinear", ["w", "scale"], ["floats"]), node("MatMul", ["x", "floats"], ["inner"])],
        "branch",
        [],
        [onnx.helper.make_tensor_value_info("inner", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(FULL, "w")],
    )
    choice = node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    assert offender(tmp_path, [choice], scale=ONE, yes=np.array(True))


def test_codes_that_are_made_on_loading_are_not_believed(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", ["floats", "one", "zero"], ["codes"]),
        node("DequantizeLinear", ["codes", "one", "zero"], ["again"]),
        node("MatMul", ["x", "again"], ["y"]),
    ]
    constants = {"floats": FULL.astype(np.float32), "one": ONE, "zero": np.array(0, np.int8)}
    assert offender(tmp_path, nodes, **constants) == portability.Offender("floats", None, (127, 127))


def test_a_table_that_is_looked_up_is_never_multiplied(tmp_path: Path) -> None:
    nodes = [
        node("DequantizeLinear", ["w", "one"], ["table"]),
        node("Cast", ["x"], ["ids"], to=onnx.TensorProto.INT64),
        node("Gather", ["table", "ids"], ["y"]),
    ]
    assert offender(tmp_path, nodes, w=FULL, one=ONE) is None


def test_float_graphs_have_nothing_to_prove(tmp_path: Path) -> None:
    assert portability.offender(onnx.load(graphs_made.classifier(tmp_path / "model.onnx")), tmp_path) is None


@pytest.fixture
def full_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A graph whose weights have all 8 bits."""
    monkeypatch.setattr(machine, "CPU_INFO", made.cpu(tmp_path, "vnni"))
    source = graphs_made.classifier(tmp_path / "converted" / "model.onnx")
    return made.make(made.INT8, source, made.request(made.VNNI))


def test_a_file_of_full_range_weights_is_found(full_range: Path) -> None:
    found = portability.offender(onnx.load(full_range), full_range.parent)
    assert found
    assert found.tensor in {"first_quantized", "second_quantized"}
    assert found.channel is not None


def test_it_is_refused_for_a_portable_target_and_names_the_way_out(full_range: Path) -> None:
    words = claims.prove(registry.Claim.INT8_WEIGHTS, full_range, made.request())
    assert words.startswith("not portable: the weights ")
    assert "{cpu: vnni}" in words


def test_it_is_accepted_for_cpus_with_vnni(full_range: Path) -> None:
    assert claims.prove(registry.Claim.INT8_WEIGHTS, full_range, made.request(made.VNNI)) == ""


def test_one_weight_of_a_good_file_is_enough_to_be_refused(tmp_path: Path) -> None:
    source = graphs_made.classifier(tmp_path / "converted" / "model.onnx")
    path = made.make(made.INT8, source, made.request())
    graph = onnx.load(path)
    tensor = next(tensor for tensor in graph.graph.initializer if tensor.name == "first_quantized")
    codes = onnx.numpy_helper.to_array(tensor).copy()
    codes[:2, 5] = 90
    tensor.CopyFrom(onnx.numpy_helper.from_array(codes, tensor.name))
    assert portability.offender(graph, path.parent) == portability.Offender("first_quantized", 5, (90, 90))


def test_every_use_of_a_weight_is_seen(tmp_path: Path) -> None:
    graph = onnx.load(graphs_made.classifier(tmp_path / "model.onnx"))
    assert [(use.tensor.name, use.operator, use.kind) for use in weights.uses(graph)] == [
        ("first", "MatMul", "float32"),
        ("second", "MatMul", "float32"),
    ]
