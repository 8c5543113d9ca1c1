"""The table of bad inputs: what is wrong, and what the condition must say about it.

Each is the small model with one thing wrong, so that no second fault can be blamed for the first.
"""

import dataclasses
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from e2e import smallmodels
from model_builder import contract

Reason = contract.FailureReason


@dataclasses.dataclass(frozen=True)
class Case:
    """One bad input."""

    reason: str
    #: Of the condition's message: the field or the file, and the original words.
    says: tuple[str, ...]
    #: Files instead of, or beside, the good ones.
    files: Callable[[], Mapping[str, bytes]] = dict
    #: Fields of spec.model and spec.build.
    model: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    build: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: Nothing but a change of the user's heals it; else it is looked at again by itself.
    stalled: bool = True


class Code:
    """Unpickled, it would run."""

    def __reduce__(self):
        """As an attacker would write it."""
        return (print, ("this ran",))


def module(forward: str) -> bytes:
    """A module of the right weights that computes something else."""
    return f"""
import torch


class Model(torch.nn.Linear):
    def __init__(self):
        super().__init__(4, 3)

    def forward(self, x):
        return {forward}


build = Model
""".encode()


def evaluation(labels: list[int]) -> bytes:
    """An evaluation set with these labels."""
    return smallmodels.arrays(x=np.zeros((len(labels), 4), np.float32), labels=np.array(labels, np.int64))


def judged(*labels: int) -> dict[str, Any]:
    """A case's files and build with an evaluation set of these labels."""
    data = {"evaluation": {"data": {"file": "test.npz"}}}
    return {"files": lambda: {"test.npz": evaluation([*labels])}, "build": data}


CASES = {
    "missing-weights": Case(
        "FileNotInSource",
        ("absent.pt", "spec.model.weights", "small.pt"),
        model={"weights": "absent.pt"},
        stalled=False,
    ),
    "missing-code": Case(
        Reason.SOURCE_MISSING,
        ("absent.py", "spec.model.architecture.factory"),
        model={"architecture": {"factory": "absent:build"}},
    ),
    "other-weights": Case(
        Reason.WEIGHTS_MISMATCH, ("weight", "[3, 5]", "[3, 4]"), files=lambda: {"small.pt": smallmodels.weights(1, 5)}
    ),
    "no-factory": Case(
        Reason.FACTORY_NOT_FOUND,
        ("absent", "spec.model.architecture.factory"),
        model={"architecture": {"factory": "small:absent"}},
    ),
    "raising-factory": Case(
        Reason.FACTORY_FAILED,
        ("out of luck", "spec.model.architecture.factory"),
        files=lambda: {"small.py": b"def build():\n    raise RuntimeError('out of luck')\n"},
    ),
    "code-in-weights": Case(
        Reason.WEIGHTS_UNSAFE, ("small.pt", "print"), files=lambda: {"small.pt": smallmodels.saved({"weight": Code()})}
    ),
    "plain-pickle": Case(
        Reason.WEIGHTS_UNREADABLE,
        ("small.pt", "stateDict"),
        files=lambda: {"small.pt": pickle.dumps({"weight": Code()})},
    ),
    "truncated-weights": Case(
        Reason.WEIGHTS_UNREADABLE, ("small.pt",), files=lambda: {"small.pt": smallmodels.weights(1)[:-300]}
    ),
    "unexportable": Case(
        Reason.EXPORT_FAILED,
        ("_linalg_eigh",),
        files=lambda: {"small.py": module("torch.linalg.eigvalsh(x[:, :, None] @ x[:, None, :])[:, :3]")},
    ),
    "other-shape": Case(
        Reason.SHAPE_MISMATCH,
        ("spec.model.inputs", "[-1, 5]"),
        model={"inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 5]}]},
    ),
    "empty-evaluation": Case(Reason.EVALUATION_INVALID, ("test.npz", "no rows"), **judged()),
    "mislabelled-evaluation": Case(Reason.EVALUATION_INVALID, ("test.npz", "label 9", "3 classes"), **judged(0, 9, 1)),
    "missing-evaluation": Case(
        "FileNotInSource",
        ("absent.npz", "spec.build.evaluation.data.file"),
        build={"evaluation": {"data": {"file": "absent.npz"}}},
        stalled=False,
    ),
}
