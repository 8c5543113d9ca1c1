"""Calibration sets: what is read of them, what is wrong with them, and which of their rows are used."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builder import making
from model_builder import contract, datasets, errors
from model_builder.optimizing.candidates import calibrating

REASONS = contract.FailureReason
IMAGES = np.random.default_rng(0).standard_normal((6, 1, 8, 8)).astype(np.float32)
TENSORS = making.asked().model.inputs


def read(folder: Path, **arrays: Any) -> dict[str, Any]:
    np.savez(folder / "train.npz", **arrays)
    return datasets.read_calibration(folder, "train.npz", TENSORS)


def test_labels_are_not_needed_and_not_returned(tmp_path: Path) -> None:
    for more in ({}, {"labels": np.arange(6)}):
        rows = read(tmp_path, image=IMAGES, **more)
        assert set(rows) == {"image"}
        np.testing.assert_array_equal(rows["image"], IMAGES)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"image": IMAGES[:0]}, "has no rows"),
        ({"image": np.float32(1)}, "has no rows"),
        ({"images": IMAGES}, "misses the array image; it holds images"),
        ({"image": IMAGES.astype(float)}, "has image as float64, spec.model.inputs declares float32"),
        ({"image": IMAGES[:, :, :7]}, "has rows of image of shape [1, 7, 8]"),
        (
            {"image": np.where(np.arange(6)[:, None, None, None] == 4, np.float32("nan"), IMAGES)},
            "NaN or infinite in row 4",
        ),
        ({"image": np.array([{}] * 6)}, "other than plain arrays"),
    ],
)
def test_what_is_wrong_with_a_calibration_set_is_told(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    with pytest.raises(errors.RejectedError) as caught:
        read(tmp_path, **arrays)
    failure = caught.value.failure
    assert (failure.reason, failure.field) == (REASONS.CALIBRATION_INVALID, "train.npz")
    assert words in failure.message
    assert "needs no labels" in failure.next_step


def test_inputs_of_different_lengths_are_told(tmp_path: Path) -> None:
    tensors = [*TENSORS, contract.Tensor(name="mask", dtype="bool", shape=[-1, 8])]
    np.savez(tmp_path / "train.npz", image=IMAGES, mask=np.ones((5, 8), bool))
    with pytest.raises(errors.RejectedError, match=r"has 6 rows of image but mask has shape \(5, 8\)"):
        datasets.read_calibration(tmp_path, "train.npz", tensors)


def test_a_bad_set_ends_the_build_before_the_model_is_loaded(workspace: making.Workspace) -> None:
    workspace.write("train.npz", b"none")
    workspace.write("digits.py", "raise SystemExit")
    workspace.ask(**making.quantized())
    assert workspace.failure("convert").reason == REASONS.CALIBRATION_INVALID


def test_the_set_is_a_file_of_the_plan(workspace: making.Workspace) -> None:
    workspace.ask(**making.quantized())
    workspace.run("fetch")
    resolution = contract.Resolution.model_validate_json(workspace.places.resolution.read_bytes())
    assert "train.npz" in resolution.plan.files
    assert (workspace.places.files / "train.npz").exists()


def test_an_absent_set_is_named_with_its_field(workspace: making.Workspace) -> None:
    workspace.ask(**making.quantized(calibration={"data": {"file": "other.npz"}}))
    failure = workspace.failure("fetch")
    assert (failure.reason, failure.field) == (REASONS.SOURCE_MISSING, "spec.build.calibration.data.file")


def test_a_request_that_contradicts_itself_is_rejected_before_anything_is_fetched(workspace: making.Workspace) -> None:
    workspace.ask(**making.quantized(calibration=None))
    failure = workspace.failure("fetch")
    assert (failure.reason, failure.field) == (REASONS.CALIBRATION_MISSING, "spec.build.calibration")
    assert failure.next_step
    assert not workspace.places.files.exists()


def used(rows: int, samples: int) -> list[list[float]]:
    numbers = {"x": np.arange(rows, dtype=np.float32)[:, None]}
    return [feed["x"][:, 0].tolist() for feed in calibrating.feeds(numbers, samples, batched=True)]


@pytest.mark.parametrize(
    ("rows", "samples", "expected"), [(9, 3, [[0, 4, 8]]), (3, 9, [[0, 1, 2]]), (5, 1, [[0]]), (1, 1, [[0]])]
)
def test_samples_are_spread_evenly_over_the_set(rows: int, samples: int, expected: list[list[float]]) -> None:
    assert used(rows, samples) == expected


def test_rows_come_in_batches_of_which_the_last_has_the_rest() -> None:
    assert [len(batch) for batch in used(70, 70)] == [32, 32, 6]


def test_without_a_batch_axis_each_row_is_a_whole_request() -> None:
    feeds = list(calibrating.feeds({"x": np.zeros((3, 4, 5))}, 300, batched=False))
    assert [feed["x"].shape for feed in feeds] == [(4, 5)] * 3
