"""Do two runtimes compute the same?

An element is equal when |a - b| <= absolute + relative * |b|, or both are NaN (numpy.isclose). Between a model and its
export both bounds are the least that there are; those of an artifact are measured (`tolerances`). Integers and booleans
that come from comparing such floats may differ where two were almost equal: in contract.RARE of the elements.
"""

import numpy as np

from model_builder import arrays, contract, errors

#: Absolute and relative.
Bound = tuple[float, float]


def least(expected: arrays.Array) -> Bound:
    """The bound below which no difference counts, by the type of the elements."""
    bound = contract.HALF_TOLERANCE if expected.dtype == np.float16 else contract.TOLERANCE
    return bound, bound


def equal(answer: arrays.Array, expected: arrays.Array, bound: Bound | None = None) -> bool:
    """Is the answer right? Without a bound, within the least."""
    if answer.shape != expected.shape or answer.dtype != expected.dtype:
        return False
    wrong = ~close(answer, expected, bound)
    if floating(expected):
        return not wrong.any()
    return bool(wrong.mean() <= contract.RARE) if wrong.size else True


def close(answer: arrays.Array, expected: arrays.Array, bound: Bound | None = None) -> arrays.Array:
    """Which elements are equal."""
    absolute, relative = bound or least(expected)
    return np.isclose(wide(answer), wide(expected), rtol=relative, atol=absolute, equal_nan=True)


def floating(array: arrays.Array) -> bool:
    """Are the elements numbers that are never quite the same twice?"""
    return np.issubdtype(array.dtype, np.floating)


def error(answer: arrays.Array, expected: arrays.Array) -> float:
    """The largest absolute difference; elements that are both NaN or the same infinity differ by nothing."""
    first, second = wide(answer), wide(expected)
    with np.errstate(invalid="ignore"):
        difference = np.where((first == second) | (np.isnan(first) & np.isnan(second)), 0, np.abs(first - second))
    return float(np.nan_to_num(difference, nan=np.inf, posinf=np.finfo(np.float64).max).max(initial=0))


def wide(array: arrays.Array) -> arrays.Array:
    """As float64, in which the difference of any two elements can be told."""
    return array.astype(np.float64)


def prove(answers: dict[str, arrays.Array], expected: dict[str, arrays.Array]) -> None:
    """Raise RejectedError (ExportDiffers) unless every output is right; both are output name -> (rows, *output)."""
    for name, right in expected.items():
        if not equal(answers[name], right):
            raise differs(name, answers[name], right)


def differs(name: str, answer: arrays.Array, right: arrays.Array) -> errors.RejectedError:
    """By how much, and where."""
    if answer.shape != right.shape or answer.dtype != right.dtype:
        words = f"is {answer.dtype} {list(answer.shape)}, the model's is {right.dtype} {list(right.shape)}"
    else:
        wrong = ~close(answer, right)
        words = (
            f"differs from the model's by up to {error(answer, right):.3g} in {int(wrong.sum())} of {wrong.size} "
            f"elements, first in sample {int(np.argwhere(wrong)[0][0])}; allowed is {contract.TOLERANCE} absolute plus "
            f"{contract.TOLERANCE} relative"
        )
    return errors.RejectedError(
        contract.FailureReason.EXPORT_DIFFERS,
        f"output {name} of the exported graph {words}",
        field="spec.model.architecture.factory",
        next_step="Look for what is random, or depends on the values or the batch, in forward in eval mode.",
    )
