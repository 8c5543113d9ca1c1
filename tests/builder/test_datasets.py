"""Evaluation sets that are not what they should be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from builder import making
from model_builder import contract

REASONS = contract.FailureReason
IMAGES = np.zeros((6, 1, 8, 8), np.float32)
LABELS = np.arange(6)


def failing(workspace: making.Workspace, **arrays: Any) -> contract.Failure:
    np.savez(workspace.places.source / "test.npz", **arrays)
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.EVALUATION_INVALID, "test.npz")
    return failure


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"image": IMAGES[:0], "labels": LABELS[:0]}, "has no rows"),
        ({"image": IMAGES}, "misses the array labels; it holds image"),
        ({"labels": LABELS}, "misses the array image; it holds labels"),
        ({"image": IMAGES, "labels": LABELS[:5]}, "has 5 labels but image has shape (6, 1, 8, 8)"),
        ({"image": IMAGES, "labels": LABELS / 2}, "labels must be one integer a row, not float64"),
        ({"image": IMAGES, "labels": LABELS[:, None]}, "labels must be one integer a row, not int64 of shape (6, 1)"),
        ({"image": IMAGES, "labels": LABELS - 1}, "has the label -1 in row 0"),
        (
            {"image": IMAGES, "labels": LABELS + 5},
            "has the label 10 in row 5, but the model knows the 10 classes 0 to 9",
        ),
        ({"image": IMAGES.astype(float), "labels": LABELS}, "has image as float64, spec.model.inputs declares float32"),
        ({"image": IMAGES[:, :, :7], "labels": LABELS}, "has rows of image of shape [1, 7, 8]"),
        ({"image": IMAGES[:, 0], "labels": LABELS}, "has rows of image of shape [8, 8]"),
        ({"image": np.float32(1), "labels": LABELS}, "has 6 labels but image has shape ()"),
        ({"image": IMAGES, "labels": np.array([{}] * 6)}, "other than plain arrays"),
    ],
)
def test_what_is_wrong_with_an_evaluation_set_is_told(
    workspace: making.Workspace, arrays: dict[str, Any], words: str
) -> None:
    assert words in failing(workspace, **arrays).message


@pytest.mark.parametrize(
    "broken",
    [
        lambda whole: whole[:0],
        lambda whole: whole[:100],
        lambda whole: whole[:-30],
        lambda whole: b"none" + whole[4:],
        lambda whole: whole[:300] + bytes([whole[300] ^ 255]) + whole[301:],
    ],
)
def test_a_broken_npz_is_told(workspace: making.Workspace, broken: Callable[[bytes], bytes]) -> None:
    workspace.write("test.npz", broken((workspace.places.source / "test.npz").read_bytes()))
    failure = workspace.failure("convert")
    assert (failure.reason, failure.field) == (REASONS.EVALUATION_INVALID, "test.npz")


def test_a_single_array_is_no_npz(workspace: making.Workspace) -> None:
    with (workspace.places.source / "test.npz").open("wb") as stream:
        np.save(stream, IMAGES)
    assert workspace.failure("convert").reason == REASONS.EVALUATION_INVALID


def test_a_single_row_is_enough_to_build(workspace: making.Workspace) -> None:
    np.savez(workspace.places.source / "test.npz", image=IMAGES[:1], labels=LABELS[:1])
    code, report = workspace.run_until("publish")
    assert code == 0, report


def test_a_model_that_gives_no_scores_cannot_be_evaluated(workspace: making.Workspace) -> None:
    flat = making.DIGITS.replace(".flatten(1))", ".flatten(1)).mean(1)")
    workspace.write("digits.py", flat)
    failure = workspace.failure("convert")
    assert failure.reason == REASONS.EVALUATION_INVALID
    assert "not a score for each class" in failure.message
