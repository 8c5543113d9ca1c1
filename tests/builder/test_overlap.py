"""Rows that stand in two data sets that must have none in common."""

import numpy as np
import pytest

from builder import making
from model_builder import contract, datasets, errors

NUMBERS = np.random.default_rng(0)
ROWS = NUMBERS.standard_normal((12, 3), dtype=np.float32)


def test_rows_of_one_set_are_found_in_the_other() -> None:
    assert datasets.overlap({"x": ROWS[:8]}, {"x": ROWS[6:]}) == [(6, 0), (7, 1)]


def test_sets_without_a_common_row_do_not_overlap() -> None:
    assert not datasets.overlap({"x": ROWS[:6]}, {"x": ROWS[6:]})


def test_a_row_is_common_only_when_all_inputs_are_equal() -> None:
    masks = np.arange(12)
    first, second = {"x": ROWS, "mask": masks}, {"mask": masks + 1, "x": ROWS}
    assert not datasets.overlap(first, second)
    assert len(datasets.overlap(first, {"mask": masks, "x": ROWS})) == 12


def test_equal_bytes_of_another_shape_are_another_row() -> None:
    assert not datasets.overlap({"x": np.zeros((1, 2, 4))}, {"x": np.zeros((1, 4, 2))})


def test_the_error_names_both_files_how_many_rows_and_the_first_of_each() -> None:
    with pytest.raises(errors.RejectedError) as caught:
        datasets.check_overlap("train.npz", {"x": ROWS[4:10]}, "test.npz", {"x": ROWS[5:7]})
    failure = caught.value.failure
    assert (failure.reason, failure.field) == (contract.FailureReason.DATA_OVERLAP, "spec.build.calibration.data.file")
    assert failure.message.startswith("2 of the 6 rows of train.npz stand in test.npz too: the first is row 1")
    assert "row 0 there" in failure.message
    assert "train.npz" in failure.next_step


def test_a_build_whose_sets_overlap_ends_before_the_model_is_loaded(workspace: making.Workspace) -> None:
    with np.load(workspace.places.source / "test.npz") as test:
        np.savez(workspace.places.source / "train.npz", image=test["image"][:3])
    workspace.write("digits.py", "raise SystemExit")
    workspace.ask(**making.quantized())
    failure = workspace.failure("convert")
    assert failure.reason == contract.FailureReason.DATA_OVERLAP
    assert "3 of the 3 rows" in failure.message
