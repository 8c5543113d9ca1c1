"""fp16: what it makes, and what it refuses to make."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder import graphs_made
from builder import quantized_made as made
from model_builder.optimizing import claims, graphs, runtime, tensors
from model_builder.optimizing.candidates import registry

IMAGES = {"x": graphs_made.IMAGES}
ASKED = made.request(made.GPU)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return graphs_made.classifier(tmp_path / "converted" / "model.onnx")


def test_the_weights_are_half_precision_and_the_door_is_float32(source: Path) -> None:
    graph = graphs.read(made.make(made.FP16, source, ASKED))
    assert graphs.precision(graph) == "float16"
    assert {graphs.tensor(value).dtype for value in (*graph.graph.input, *graph.graph.output)} == {"float32"}


def test_its_claim_holds(source: Path) -> None:
    assert claims.prove(registry.Claim.HALF_WEIGHTS, made.make(made.FP16, source, ASKED), ASKED) == ""


def test_it_answers_as_the_float_graph_to_three_digits(source: Path) -> None:
    [exact], [answer] = (runtime.Session(path).call(IMAGES) for path in (source, made.make(made.FP16, source, ASKED)))
    np.testing.assert_allclose(answer, exact, atol=0.1)
    assert not np.array_equal(answer, exact)


def test_nodes_stand_in_the_order_that_onnx_asks_for(source: Path) -> None:
    path = made.make(made.FP16, source, ASKED)
    onnx.checker.check_model(onnx.load(path), full_check=True)


def test_the_same_input_twice_gives_equal_tensors(source: Path) -> None:
    first, second = (made.make(made.FP16, source, ASKED) for _ in range(2))
    assert tensors.digest(first) == tensors.digest(second)


def test_on_a_cpu_it_cannot_win_and_says_so(source: Path) -> None:
    with pytest.raises(registry.RefusedError, match="cannot win on a CPU") as caught:
        made.make(made.FP16, source, made.request())
    assert "int8Static or none" in str(caught.value)


@pytest.mark.parametrize("large", [1e5, -1e5])
def test_a_weight_that_float16_cannot_hold_is_named(tmp_path: Path, large: float) -> None:
    second = graphs_made.SECOND.copy()
    second[3, 2] = large
    source = graphs_made.classifier(tmp_path / "converted" / "model.onnx", second=second)
    with pytest.raises(registry.RefusedError, match=r"second holds 1e\+05, and float16 ends at 65504"):
        made.make(made.FP16, source, ASKED)


def test_the_minus_infinity_of_a_mask_may_be_cut(tmp_path: Path) -> None:
    mask = np.array([0] * 20 + [np.finfo(np.float32).min] * 4, np.float32)
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "w"], ["scores"]),
        onnx.helper.make_node("Add", ["scores", "mask"], ["masked"]),
        onnx.helper.make_node("Softmax", ["masked"], ["y"]),
    ]
    source = made.graph(tmp_path / "converted" / "model.onnx", nodes, ["batch", 16], w=graphs_made.FIRST, mask=mask)
    [answer] = runtime.Session(made.make(made.FP16, source, ASKED)).call(IMAGES)
    assert not answer[:, 20:].any()


def test_weights_in_a_file_of_their_own_stay_in_one(tmp_path: Path) -> None:
    source = made.graph(
        tmp_path / "converted" / "model.onnx",
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        ["batch", 64],
        w=np.random.default_rng(0).standard_normal((64, 64), dtype=np.float32),
    )
    onnx.save(onnx.load(source), source, save_as_external_data=True, location="model.onnx.data")
    path = made.make(made.FP16, source, ASKED)
    assert [file.name for file in graphs.files(path)] == ["model.onnx", "model.onnx.data"]
    assert (path.parent / "model.onnx.data").stat().st_size == 64 * 64 * 2
    runtime.Session(path)


def test_it_says_nothing_and_leaves_nothing_behind(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = made.make(made.FP16, source, ASKED)
    assert capfd.readouterr() == ("", "")
    assert sorted(tmp_path.iterdir()) == sorted([source.parent, path.parent])
    assert [(file.name, file.stat().st_mode & 0o777) for file in path.parent.iterdir()] == [("model.onnx", 0o644)]
