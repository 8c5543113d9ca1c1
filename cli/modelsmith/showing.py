"""Inputs and outputs as a person reads them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from modelsmith import errors

Array = np.ndarray[Any, Any]
#: From dark to light; two characters a pixel, because characters are twice as high as wide.
SHADES = " .:-=+*#%@"
PLANE = 2


def picture(array: Array) -> str:
    """A greyscale image as text, its least value blank. Raises SaidError."""
    plane = array.squeeze()
    if plane.ndim != PLANE:
        raise errors.SaidError(f"--picture: the input of shape {list(array.shape)} is not a greyscale image")
    values = plane.astype(np.float64)
    span = np.ptp(values) or 1.0
    levels = ((values - values.min()) / span * (len(SHADES) - 1)).round().astype(int)
    return "\n".join("".join(SHADES[level] * 2 for level in row).rstrip() for row in levels)


def answer(outputs: Mapping[str, Array], label: int | None) -> str:
    """Every output, the top class where an output scores classes, and the true label where it is known."""
    lines = []
    for name, array in outputs.items():
        lines.append(f"{name} {array.dtype} {list(array.shape)}: {_values(array)}")
        if _scores_classes(array):
            top = int(array.argmax())
            lines.append(f"top class: {top}{_verdict(top, label)}")
    return "".join(f"{line}\n" for line in lines)


def _values(array: Array) -> str:
    return np.array2string(array.squeeze(), precision=4, suppress_small=True, threshold=20, max_line_width=100)


def _scores_classes(array: Array) -> bool:
    """One row of several floating-point scores."""
    return np.issubdtype(array.dtype, np.floating) and array.ndim == PLANE and array.shape[0] == 1 and array.size > 1


def _verdict(top: int, label: int | None) -> str:
    if label is None:
        return ""
    return f", and the true label is {label}" + ("" if top == label else ": wrong")
