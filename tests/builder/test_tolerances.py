"""How far a right answer may be off, and that a wrong model is still noticed."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from builder import graphs_made
from model_builder import arrays, contract
from model_builder.optimizing import candidates, evaluating, laying_out, parity, tolerances

ONES = np.ones((4, 3), np.float32)


@pytest.fixture(scope="module")
def float_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graphs_made.classifier(tmp_path_factory.mktemp("float") / "model.onnx")


@pytest.fixture(scope="module")
def int8(float_graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    calibration = contract.Calibration(data=contract.Data(file="train.npz"))
    known = graphs_made.evidence_of(candidates=["int8Static"], calibration=calibration)
    candidate = candidates.registry.find(contract.CandidateName.INT8_STATIC)
    target = tmp_path_factory.mktemp("int8") / "model.onnx"
    numbers = np.random.default_rng(7).standard_normal((300, graphs_made.FEATURES), dtype=np.float32)
    material = candidates.registry.Material(known.request, {"x": numbers})
    candidate.make(candidate.config.of(material), float_graph, target)
    return target


def golden(path: Path) -> tuple[arrays.Array, parity.Bound]:
    """The answers to the golden requests, and their measured tolerance."""
    known = graphs_made.evidence_of()
    ran = evaluating.run(path, known, joins=True)
    return ran.golden["output"], laying_out.measured(ran, known)["output"]


def broken(path: Path, change: object, folder: Path) -> Path:
    """The same graph with its largest weight matrix changed."""
    graph = onnx.load(path)
    weights = max(graph.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    changed = change(numpy_helper.to_array(weights))
    weights.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(changed), weights.name))
    onnx.save(graph, folder / "model.onnx")
    return folder / "model.onnx"


@pytest.mark.parametrize("precision", ["float_graph", "int8"])
@pytest.mark.parametrize(
    "change", [lambda weights: -weights, lambda weights: np.roll(weights, 1, 0), lambda weights: weights[:, ::-1]]
)
def test_a_wrong_matrix_is_out_of_tolerance(
    precision: str, change: object, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(precision)
    right, bound = golden(path)
    wrong = evaluating.run(broken(path, change, tmp_path), graphs_made.evidence_of(), joins=True).golden["output"]
    assert not parity.equal(wrong, right, bound)


def test_a_float_graph_keeps_the_least(float_graph: Path) -> None:
    _, bound = golden(float_graph)
    assert bound == (contract.TOLERANCE, contract.TOLERANCE)


def test_an_int8_graph_may_be_off_by_two_steps_of_its_output(int8: Path) -> None:
    answers, (absolute, relative) = golden(int8)
    steps = np.diff(np.unique(answers))
    assert absolute >= 2 * steps.min() > contract.TOLERANCE
    assert relative < 0.1 * absolute / steps.min()


def test_what_was_measured_widens_both_parts_by_the_margin() -> None:
    assert tolerances.widened((1e-3, 1e-3), 4 * 0.002) == (0.008, 0.008)
    assert tolerances.widened((0.5, 1e-3), 4 * 0.002) == (0.5, 0.008)


@pytest.mark.parametrize("measured", [0.001234, 0.0099999, 0.5, 1.0])
def test_a_tolerance_is_never_rounded_below_what_was_measured(measured: float) -> None:
    absolute, relative = tolerances.widened((0.0, 0.0), measured)
    assert absolute == relative
    assert measured <= absolute <= measured * 1.1


def test_differences_are_relative_to_one_and_the_answer() -> None:
    assert tolerances.relative(ONES * 3, ONES) == 1
    assert tolerances.relative(ONES * 121, ONES * 99) == pytest.approx(0.22)


def test_whole_numbers_and_infinities_widen_nothing() -> None:
    assert tolerances.relative(np.array([3]), np.array([7])) == 0
    assert tolerances.relative(ONES * np.nan, ONES) == 0
    assert tolerances.relative(ONES * np.inf, ONES * np.inf) == 0


def test_a_half_precision_output_has_the_least_of_its_type(float_graph: Path) -> None:
    assert tolerances.least(float_graph, {"output": ONES.astype(np.float16)})["output"] == (
        contract.HALF_TOLERANCE,
        contract.HALF_TOLERANCE,
    )


def test_at_most_so_many_rows_are_asked_evenly_over_all() -> None:
    assert tolerances.spread(10).tolist() == list(range(10))
    spread = tolerances.spread(10_000)
    assert (len(spread), spread[0], spread[-1]) == (tolerances.ROWS, 0, 9999)
