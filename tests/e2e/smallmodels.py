"""Models of a few numbers, so that a build is all start-up, and answers tell which model gave them.

`files(mark)` is a classifier of 3 classes whose scores for the input zero are (mark, 0, 0).
"""

import io

import numpy as np

CODE = b"""
import torch


def build():
    return torch.nn.Linear(4, 3)
"""
#: What a ModelDeployment says of it, but for the source.
MODEL = {
    "format": "stateDict",
    "weights": "small.pt",
    "architecture": {"factory": "small:build"},
    "inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 4]}],
}
#: The request whose answer shows the mark.
ZERO = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}]}


def files(mark: float) -> dict[str, bytes]:
    """Code and weights."""
    return {"small.py": CODE, "small.pt": weights(mark)}


def weights(mark: float, inputs: int = 4) -> bytes:
    """A state dict of Linear(inputs, 3)."""
    import torch

    matrix = torch.zeros(3, inputs)
    matrix[:, :3] = torch.eye(3)
    return saved({"weight": matrix, "bias": torch.tensor([mark, 0.0, 0.0])})


def saved(value: object) -> bytes:
    """What torch.save writes."""
    import torch

    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def arrays(**named: np.ndarray) -> bytes:
    """An .npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **named)
    return buffer.getvalue()
