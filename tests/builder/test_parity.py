import numpy as np
import pytest

from model_builder import contract, errors
from model_builder.optimizing import parity

ONES = np.ones((4, 3), np.float32)


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        (ONES, ONES, True),
        (ONES * 1.0005, ONES, True),
        (ONES * 1.01, ONES, False),
        (ONES * 1000.5, ONES * 1000, True),
        (ONES * np.nan, ONES * np.nan, True),
        (ONES * np.nan, ONES, False),
        (ONES, ONES[:3], False),
        (ONES.astype(np.float64), ONES, False),
        (np.arange(10), np.arange(10), True),
        (np.arange(10), np.arange(10) + (np.arange(10) == 3), False),
        (np.arange(10_000), np.arange(10_000) + (np.arange(10_000) == 3) * 5, True),
    ],
)
def test_an_answer_is_right_within_the_tolerance(answer: np.ndarray, expected: np.ndarray, right: object) -> None:
    assert parity.equal(answer, expected) is right


def test_the_tolerance_of_an_artifact_replaces_the_least() -> None:
    assert parity.equal(ONES * 1.5, ONES, (0.6, 0.0))
    assert not parity.equal(ONES * 1.5, ONES, (0.4, 0.0))
    assert parity.equal(ONES * 150, ONES * 100, (0.0, 0.6))


def test_half_precision_is_held_to_its_own_bound() -> None:
    half = ONES.astype(np.float16)
    assert parity.equal(half * np.float16(1.01), half)
    assert not parity.equal(half * np.float16(1.05), half)


def test_the_error_is_the_largest_difference() -> None:
    assert parity.error(ONES * np.float32(1.5), ONES) == 0.5


def test_equal_infinities_differ_by_nothing_and_others_by_a_finite_number() -> None:
    assert parity.error(ONES * np.inf, ONES * np.inf) == 0
    assert np.isfinite(parity.error(ONES * np.inf, ONES))


def test_a_difference_is_told_with_its_size_and_place() -> None:
    wrong = ONES.copy()
    wrong[2, 1] = 3
    with pytest.raises(errors.RejectedError) as caught:
        parity.prove({"output": wrong}, {"output": ONES})
    assert caught.value.failure.reason == contract.FailureReason.EXPORT_DIFFERS
    assert "up to 2 in 1 of 12 elements, first in sample 2" in caught.value.failure.message
