"""Models of a few numbers, so that a build is all start-up, and answers tell which model gave them.

`files(mark)` is a classifier of 3 classes whose scores for the input zero are (mark, 0, 0). `files_to_quantize` has the
data that a lossy candidate needs beside it.
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


def files_to_quantize(stray: float) -> dict[str, bytes]:
    """With calibration and evaluation sets, of which the class is the largest of the first three features.

    The fourth feature has no say, and `stray` is its size: a large one takes the range of the whole tensor, and leaves
    8 bits nothing for the others. The float model answers every row rightly, whatever it is.
    """
    return {**files(0), "train.npz": dataset(stray, seed=1), "test.npz": dataset(stray, seed=2)}


#: What a ModelDeployment says to have that data used.
QUANTIZED = {
    "candidates": ["int8Static", "none"],
    "calibration": {"data": {"file": "train.npz"}},
    "evaluation": {"data": {"file": "test.npz"}},
}


def dataset(stray: float, seed: int, rows: int = 300) -> bytes:
    """Rows as `files_to_quantize` describes them."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, 3, rows)
    x = numbers.uniform(-1, 0, (rows, 4))
    x[np.arange(rows), labels] += 2
    x[:, 3] *= stray
    return arrays(x=x.astype(np.float32), labels=labels)


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
