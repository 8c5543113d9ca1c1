"""A sample's answer alone, in full batches and in mixed ones: neighbours are found before anything serves."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from builder import graphs_made
from model_builder import arrays, contract, errors, running
from model_builder.optimizing import evaluating, modes, runtime

ALONE, FULL, MIXED = contract.Mode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


def test_answers_are_in_the_order_of_the_rows_in_every_mode(path: Path) -> None:
    session = runtime.Session(graphs_made.classifier(path))
    [right] = graphs_made.original({"x": graphs_made.IMAGES})
    answers = modes.ask(session, {"x": graphs_made.IMAGES}, batched=True)
    assert set(answers) == set(contract.Mode)
    for given in answers.values():
        np.testing.assert_allclose(given["output"], right, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("rows", [1, 31, 200])
def test_mixed_batches_have_all_sizes_and_every_row_once(rows: int) -> None:
    order, sizes = modes.mixed(rows)
    drawn = list(sizes)
    assert sorted(order) == list(range(rows))
    assert all(1 <= size <= running.BATCH for size in drawn)
    assert sum(drawn) >= rows


def test_mixed_batches_are_the_same_each_time() -> None:
    first, second = modes.mixed(50), modes.mixed(50)
    assert np.array_equal(first[0], second[0])
    assert list(first[1]) == list(second[1])


def test_batches_are_as_large_as_asked_and_the_last_has_the_rest() -> None:
    seen: list[int] = []

    def call(feed: dict[str, arrays.Array]) -> list[arrays.Array]:
        seen.append(len(feed["x"]))
        return [feed["x"]]

    [answer] = running.in_batches(call, {"x": np.arange(10)}, itertools.cycle([3, 4]))
    assert seen == [3, 4, 3]
    assert answer.tolist() == list(range(10))


def test_a_graph_that_looks_at_one_sample_is_batchable(path: Path) -> None:
    found = evaluating.reference(graphs_made.classifier(path), graphs_made.evidence_of())
    assert found.ran.batchable
    assert set(found.ran.served) == set(contract.Mode)


@pytest.mark.parametrize("evaluated", [True, False])
def test_a_graph_that_takes_the_mean_of_its_batch_is_not(path: Path, evaluated: bool) -> None:  # noqa: FBT001 - a case
    known = graphs_made.evidence_of(graphs_made.mean_original, evaluated=evaluated)
    found = evaluating.reference(graphs_made.classifier(path, graphs_made.MEAN), known)
    assert not found.ran.batchable
    assert set(found.ran.served) <= {ALONE}


def test_a_neighbour_that_is_rare_is_found_on_the_evaluation_set(path: Path) -> None:
    def original(feed: dict[str, arrays.Array]) -> list[arrays.Array]:
        return graphs_made.original({"x": feed["x"] + max(feed["x"].max() - 100, 0)})

    images = graphs_made.IMAGES.copy()
    images[150, 3] = 120
    graph = graphs_made.classifier(path, graphs_made.OUTLIER)
    usual = graphs_made.evidence_of(original, images[:150])
    assert evaluating.reference(graph, usual).ran.batchable
    rare = graphs_made.evidence_of(original, images)
    assert not evaluating.reference(graph, rare).ran.batchable


def test_the_baseline_of_independent_samples_is_the_original_model(path: Path) -> None:
    known = graphs_made.evidence_of()
    found = evaluating.reference(graphs_made.classifier(path), known)
    assert found.baseline is known.evaluation
    assert not found.stands_in


def test_where_neighbours_count_the_float_graph_alone_stands_in_for_the_original(path: Path) -> None:
    known = graphs_made.evidence_of(graphs_made.mean_original)
    found = evaluating.reference(graphs_made.classifier(path, graphs_made.MEAN), known)
    assert found.stands_in
    assert np.array_equal(found.baseline["output"], found.ran.answers[ALONE]["output"])
    # A sample that is its own mean is all zeros, so every class has the same score.
    assert not found.baseline["output"].any()


def test_a_graph_with_neighbours_is_held_against_the_original_in_the_same_batches(path: Path) -> None:
    known = graphs_made.evidence_of(graphs_made.mean_original)
    with pytest.raises(errors.RejectedError) as caught:
        evaluating.reference(graphs_made.classifier(path), known)
    assert caught.value.failure.reason == contract.FailureReason.EXPORT_DIFFERS


def test_a_candidate_that_brings_neighbours_is_judged_alone(path: Path) -> None:
    known = graphs_made.evidence_of()
    brought = evaluating.run(graphs_made.classifier(path, graphs_made.MEAN), known, joins=True)
    assert not brought.batchable
    assert set(evaluating.predictions(brought, known)) == {ALONE}


def test_a_candidate_of_a_graph_with_neighbours_joins_no_requests(path: Path) -> None:
    assert not evaluating.run(graphs_made.classifier(path), graphs_made.evidence_of(), joins=False).batchable


def test_a_long_run_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(modes, "PAUSE", 0.0)
    call = modes.telling(graphs_made.original, {"x": graphs_made.IMAGES}, "alone")
    running.in_batches(call, {"x": graphs_made.IMAGES}, itertools.repeat(1))
    assert "optimize: alone: 100 of 200 samples" in capsys.readouterr().out
