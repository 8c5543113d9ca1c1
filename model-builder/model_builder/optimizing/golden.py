"""golden.npz: requests, the answers that the artifact gives, and how far a right answer may be from them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from model_builder import arrays, contract
from model_builder.optimizing import modes, tolerances


def write(
    path: Path, requests: Mapping[str, arrays.Array], answers: modes.Answers, tolerance: tolerances.Bounds
) -> None:
    """All as one file, for every later question whether the artifact still answers so."""
    arrays.save(
        path,
        {
            **{f"{contract.GOLDEN_INPUT}{name}": array for name, array in requests.items()},
            **{f"{contract.GOLDEN_OUTPUT}{name}": array for name, array in answers.items()},
            **{f"{contract.GOLDEN_TOLERANCE}{name}": np.array(bound) for name, bound in tolerance.items()},
        },
    )
