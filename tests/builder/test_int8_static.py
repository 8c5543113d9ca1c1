"""int8Static: what it makes, and what it refuses to make."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder import graphs_made
from builder import quantized_made as made
from model_builder import machine
from model_builder.optimizing import claims, graphs, portability, runtime, tensors
from model_builder.optimizing.candidates import registry

IMAGES = {"x": graphs_made.IMAGES}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return graphs_made.classifier(tmp_path / "converted" / "model.onnx")


def test_the_weights_are_8_bit_and_portable(source: Path) -> None:
    path = made.make(made.INT8, source, made.request())
    assert graphs.precision(graphs.read(path)) == "int8"
    assert claims.prove(registry.Claim.INT8_WEIGHTS, path, made.request()) == ""


@pytest.mark.parametrize("method", ["minMax", "entropy"])
def test_it_answers_nearly_as_the_float_graph(source: Path, method: str) -> None:
    [exact] = runtime.Session(source).call(IMAGES)
    [answer] = runtime.Session(made.make(made.INT8, source, made.request(method=method))).call(IMAGES)
    assert (answer.argmax(1) == exact.argmax(1)).mean() > 0.9
    assert not np.array_equal(answer, exact)


@pytest.mark.parametrize("method", ["minMax", "entropy"])
def test_the_same_input_twice_gives_equal_tensors(source: Path, method: str) -> None:
    first, second = (made.make(made.INT8, source, made.request(method=method)) for _ in range(2))
    assert first != second
    assert tensors.digest(first) == tensors.digest(second)


def test_entropy_cuts_rare_extremes(source: Path) -> None:
    whole, cut = (
        graphs.output_steps(graphs.read(made.make(made.INT8, source, made.request(method=method))))
        for method in ("minMax", "entropy")
    )
    assert cut["output"] < whole["output"]


def test_ranges_come_from_the_calibration_rows(source: Path) -> None:
    small, large = (
        graphs.output_steps(graphs.read(made.make(made.INT8, source, made.request(), made.SEEN * np.float32(size))))
        for size in (1, 10)
    )
    assert large["output"] == pytest.approx(10 * small["output"], rel=0.01)


def test_the_whole_range_of_weights_is_used_on_declared_cpus(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CPU_INFO", made.cpu(tmp_path, "vnni"))
    path = made.make(made.INT8, source, made.request(made.VNNI))
    codes = onnx.numpy_helper.to_array(graphs.constants(graphs.read(path).graph)["first_quantized"])
    assert np.abs(codes.astype(int)).max() == 127


def test_a_target_that_is_not_here_cannot_be_judged_here(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CPU_INFO", made.cpu(tmp_path, "portable"))
    with pytest.raises(
        registry.RefusedError, match=r"this machine, A CPU \(avx2\): its accuracy cannot be judged here"
    ):
        made.make(made.INT8, source, made.request(made.VNNI))


def test_without_calibration_data_it_is_refused(source: Path) -> None:
    with pytest.raises(registry.RefusedError, match=r"name it in spec\.build\.calibration"):
        made.make(made.INT8, source, made.request(), None)


@pytest.mark.parametrize("method", ["minMax", "entropy"])
def test_it_says_nothing_and_leaves_nothing_behind(
    source: Path, method: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in source.parent.iterdir()}
    path = made.make(made.INT8, source, made.request(method=method))
    assert capfd.readouterr() == ("", "")
    assert {path: path.read_bytes() for path in source.parent.iterdir()} == before
    assert sorted(tmp_path.iterdir()) == sorted([source.parent, path.parent])
    assert [(file.name, file.stat().st_mode & 0o777) for file in path.parent.iterdir()] == [("model.onnx", 0o644)]


@pytest.mark.parametrize("method", ["minMax", "entropy"])
def test_a_fixed_batch_is_calibrated_at_that_batch(tmp_path: Path, method: str) -> None:
    source = made.graph(
        tmp_path / "converted" / "model.onnx",
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        [4, 16],
        w=graphs_made.FIRST,
    )
    request = made.request(method=method, shape=[4, 16])
    path = made.make(made.INT8, source, request, made.SEEN[:20].reshape(5, 4, 16))
    assert claims.prove(registry.Claim.INT8_WEIGHTS, path, request) == ""


def test_weights_in_a_file_of_their_own_stay_in_one(tmp_path: Path) -> None:
    plain = graphs_made.classifier(tmp_path / "plain" / "model.onnx")
    source = tmp_path / "converted" / "model.onnx"
    source.parent.mkdir()
    beside = {"save_as_external_data": True, "location": "model.onnx.data", "size_threshold": 0}
    onnx.save(onnx.load(plain), source, **beside)
    path = made.make(made.INT8, source, made.request())
    answers = [
        runtime.Session(made.make(made.INT8, plain, made.request())).call(IMAGES),
        runtime.Session(path).call(IMAGES),
    ]
    np.testing.assert_array_equal(*answers)
    assert portability.offender(graphs.read(path), path.parent) is None


def test_large_weights_of_such_a_graph_lie_beside_it(tmp_path: Path) -> None:
    source = made.graph(
        tmp_path / "converted" / "model.onnx",
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        ["batch", 64],
        w=np.random.default_rng(0).standard_normal((64, 64), dtype=np.float32),
    )
    onnx.save(onnx.load(source), source, save_as_external_data=True, location="model.onnx.data")
    rows = np.random.default_rng(1).standard_normal((8, 64), dtype=np.float32)
    path = made.make(made.INT8, source, made.request(shape=[-1, 64]), rows)
    assert [(file.name, file.stat().st_mode & 0o777) for file in graphs.files(path)] == [
        ("model.onnx", 0o644),
        ("model.onnx.data", 0o644),
    ]
    assert claims.prove(registry.Claim.INT8_WEIGHTS, path, made.request()) == ""


@pytest.mark.parametrize("infinity", [-np.inf, np.finfo(np.float32).min])
def test_the_minus_infinity_of_a_mask_does_not_take_the_range_of_what_it_masks(tmp_path: Path, infinity: float) -> None:
    mask = np.where(np.arange(24) < 20, 0, infinity).astype(np.float32)
    nodes = [
        onnx.helper.make_node("MatMul", ["x", "w"], ["scores"], name="product"),
        onnx.helper.make_node("Add", ["scores", "mask"], ["masked"], name="masking"),
        onnx.helper.make_node("Softmax", ["masked"], ["y"], name="softmax"),
    ]
    source = made.graph(tmp_path / "converted" / "model.onnx", nodes, ["batch", 16], w=graphs_made.FIRST, mask=mask)
    [exact] = runtime.Session(source).call(IMAGES)
    [answer] = runtime.Session(made.make(made.INT8, source, made.request())).call(IMAGES)
    assert np.abs(answer - exact).max() < 0.2
    assert not answer[:, 20:].any()


def test_a_quantized_graph_is_not_quantized_again(source: Path) -> None:
    path = made.make(made.INT8, source, made.request())
    with pytest.raises(registry.RefusedError, match="quantized already: it holds DequantizeLinear, QuantizeLinear"):
        made.make(made.INT8, path, made.request())


def test_a_graph_without_products_has_nothing_to_quantize(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("Softmax", ["x"], ["y"])]
    source = made.graph(tmp_path / "converted" / "model.onnx", nodes, ["batch", 16])
    with pytest.raises(registry.RefusedError, match="nothing in this graph can be quantized"):
        made.make(made.INT8, source, made.request())


def test_an_error_of_the_quantizer_s_is_told_in_one_line_of_its_words(source: Path, tmp_path: Path) -> None:
    with pytest.raises(registry.RefusedError, match=r"quantizer does not take this graph: \w+: .*\bx\b") as caught:
        made.make(made.INT8, source, made.request(), made.SEEN[:, :7])
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("scratch")] == []
