"""How a graph fares, in the worst company that it may be served in."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from builder import graphs_made
from model_builder import contract, errors
from model_builder.optimizing import evaluating, evidence

ACCURACY, RECALL, F1 = contract.Metric.ACCURACY, contract.Metric.RECALL, contract.Metric.F1
ALONE, FULL, MIXED = contract.Mode


@pytest.fixture
def ran(tmp_path: Path) -> evaluating.Ran:
    return evaluating.reference(graphs_made.classifier(tmp_path / "model.onnx"), graphs_made.evidence_of()).ran


def test_the_float_graph_is_as_good_as_the_original(ran: evaluating.Ran) -> None:
    found = evaluating.estimates(ran, graphs_made.evidence_of())
    assert found[ACCURACY].value == pytest.approx(0.95)


def test_the_worst_mode_is_reported(ran: evaluating.Ran) -> None:
    known = graphs_made.evidence_of()
    assert known.dataset
    worse = {"output": np.roll(ran.answers[MIXED]["output"], 1, axis=1)}
    changed = evaluating.Ran(ran.path, ran.session, ran.golden, {**ran.answers, MIXED: worse}, batchable=True)
    right = (evidence.predictions(worse, known.dataset) == known.dataset.labels).mean()
    assert evaluating.estimates(changed, known)[ACCURACY].value == right


def test_metrics_that_the_gate_limits_are_computed_besides() -> None:
    known = graphs_made.evidence_of(gate=contract.Gate(max_drop=contract.MaxDrop(f1=0.1)))
    assert known.asked == [ACCURACY, F1]


def test_nothing_is_computed_without_an_evaluation_set(tmp_path: Path) -> None:
    known = graphs_made.evidence_of(evaluated=False)
    found = evaluating.reference(graphs_made.classifier(tmp_path / "model.onnx"), known)
    assert evaluating.estimates(found.ran, known) == {}
    assert found.ran.batchable


def test_a_graph_that_answers_otherwise_is_not_the_original(tmp_path: Path) -> None:
    graph = graphs_made.classifier(tmp_path / "model.onnx", second=-graphs_made.SECOND)
    with pytest.raises(errors.RejectedError, match="differs from the model's"):
        evaluating.reference(graph, graphs_made.evidence_of())


def test_the_largest_error_is_that_of_the_worst_mode(ran: evaluating.Ran) -> None:
    known = graphs_made.evidence_of()
    original = evaluating.Reference(ran, known.evaluation)
    assert evaluating.largest_error(ran, original, known) < 1e-4
    off = {"output": known.evaluation["output"] + 3}
    changed = evaluating.Ran(ran.path, ran.session, ran.golden, {**ran.answers, FULL: off}, batchable=True)
    assert evaluating.largest_error(changed, original, known) == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize(
    ("candidates", "limit", "refused"),
    [(["none"], 0.001, False), (["int8Static", "none"], 0.001, True), (["int8Static", "none"], 0.005, False)],
)
def test_a_lossy_candidate_needs_enough_samples(candidates: list[str], limit: float, refused: object) -> None:
    known = graphs_made.evidence_of(
        candidates=candidates, gate=contract.Gate(max_drop=contract.MaxDrop(accuracy=limit))
    )
    assert known.dataset
    with pytest.raises(errors.RejectedError) if refused else contextlib.nullcontext() as caught:
        evidence.large_enough(known.dataset, known.request)
    if caught:
        assert caught.value.failure.reason == contract.FailureReason.EVALUATION_TOO_SMALL
