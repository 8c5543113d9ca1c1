"""What is counted of the answers to the evaluation set, for the sentinel beside the server."""

import json
from pathlib import Path

import numpy as np
import pytest

from builder import making
from model_builder import arrays, contract
from model_builder.optimizing import distributions

SOURCE = np.random.default_rng(0)
ROWS = 1000


def found(answer: arrays.Array) -> contract.OutputDistribution:
    made = distributions.of({"output": answer})
    assert made is not None
    [output] = made.outputs
    return output


def test_values_lie_in_ten_bins_of_a_tenth_each() -> None:
    output = found(SOURCE.normal(size=(ROWS, 10)).astype(np.float32))
    assert output.elements == 10
    assert len(output.values.edges) == 9
    assert sum(output.values.counts) == ROWS * 10
    assert all(count == pytest.approx(ROWS, rel=0.05) for count in output.values.counts)


def test_classes_are_where_the_largest_score_is() -> None:
    labels = np.repeat(np.arange(5), [100, 300, 200, 0, 400])
    output = found(np.eye(5)[labels])
    assert output.classes == contract.ClassCounts(classes=[4, 1, 2, 0, 3], counts=[400, 300, 200, 100, 0])


def test_of_many_classes_the_rare_ones_are_one() -> None:
    labels = np.concatenate([np.repeat(np.arange(9), 100), np.arange(9, 59)])
    classes = found(np.eye(60)[labels]).classes
    assert classes is not None
    assert sorted(classes.classes) == list(range(9))
    assert classes.counts == [100] * 9 + [50]


@pytest.mark.parametrize(
    ("answer", "classes"),
    [
        (SOURCE.normal(size=(ROWS,)), False),
        (SOURCE.normal(size=(ROWS, 1)), False),
        (SOURCE.normal(size=(ROWS, 2)), True),
        (SOURCE.normal(size=(ROWS, 100)), True),
        (SOURCE.normal(size=(ROWS, 101)), False),
        (SOURCE.integers(0, 9, size=(ROWS,)), False),
    ],
    ids=["one value", "a column of one", "two classes", "a hundred", "no classes any more", "labels"],
)
def test_scores_have_classes(answer: arrays.Array, *, classes: bool) -> None:
    assert (found(answer).classes is not None) == classes


def test_few_different_values_have_fewer_bins() -> None:
    values = found(np.arange(ROWS) % 3).values
    assert values.edges == [0.0, 1.0, 2.0]
    assert values.counts == [334, 333, 333, 0]


def test_edges_are_what_six_digits_say() -> None:
    edges = found(SOURCE.normal(size=(ROWS, 4)).astype(np.float32)).values.edges
    assert edges == [float(f"{edge:.6g}") for edge in edges]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"output": SOURCE.normal(size=(distributions.LEAST_ROWS - 1, 10))},
        {"output": SOURCE.normal(size=(ROWS, 10)).astype(np.float16)},
        {"output": np.zeros((ROWS, 4), np.uint8)},
        {"output": np.zeros((ROWS, distributions.MOST_ELEMENTS + 1), np.float32)},
        {"output": np.full((ROWS, 2), np.nan)},
    ],
    ids=["no evaluation set", "too few rows", "half precision", "bytes", "too long", "no number"],
)
def test_there_is_none_of(answers: dict[str, arrays.Array]) -> None:
    assert distributions.of(answers) is None


def test_a_build_with_enough_rows_lays_it_into_the_artifact(workspace: making.Workspace) -> None:
    rows = {"image": SOURCE.normal(size=(250, 1, 8, 8)).astype(np.float32), "labels": SOURCE.integers(0, 10, 250)}
    np.savez(workspace.places.source / "many.npz", **rows)
    workspace.ask(evaluation={"data": {"file": "many.npz"}})
    assert workspace.run_until("optimize")[0] == 0
    found = json.loads((workspace.places.artifact / "distribution.json").read_bytes())
    assert found["rows"] == 250
    [output] = found["outputs"]
    assert (output["name"], sum(output["values"]["counts"]), sum(output["classes"]["counts"])) == ("output", 2500, 250)


def test_a_build_without_lays_nothing_there(built: making.Workspace) -> None:
    [artifact] = (built.store / "artifacts").iterdir()
    assert not (Path(artifact) / "distribution.json").exists()
