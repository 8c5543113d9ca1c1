"""Networks of the usual kinds go all the way, and stay batchable."""

from typing import Any

import pytest

from builder import making
from model_builder import contract

CONVOLUTIONS = """\
from torch import nn


def build():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(16, 7),
    )
"""
RECURRENT = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.LSTM(8, 16, batch_first=True, bidirectional=True)
        self.classes = nn.Linear(32, 5)

    def forward(self, x):
        return self.classes(self.steps(x)[0][:, -1])


def build():
    return Net()
"""
TRANSFORMER = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 32)
        self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 2)
        self.classes = nn.Linear(32, 5)

    def forward(self, ids, mask):
        return self.classes(self.layers(self.table(ids), src_key_padding_mask=mask == 0).mean(1))


def build():
    return Net()
"""
HALF = """\
from torch import nn


def build():
    return nn.Linear(4, 3).half()
"""


def tensor(name: str, dtype: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "dtype": dtype, "shape": list(shape)}


@pytest.mark.parametrize(
    ("code", "inputs", "precision"),
    [
        pytest.param(CONVOLUTIONS, [tensor("x", "float32", -1, 3, -1, -1)], "float32", id="convolutions of any size"),
        pytest.param(RECURRENT, [tensor("x", "float32", -1, 12, 8)], "float32", id="recurrent"),
        pytest.param(
            TRANSFORMER,
            [tensor("ids", "int64", -1, -1), tensor("mask", "int64", -1, -1)],
            "float32",
            id="transformer with a mask",
        ),
        pytest.param(HALF, [tensor("x", "float16", -1, 4)], "float16", id="half precision"),
    ],
)
def test_it_is_built(workspace: making.Workspace, code: str, inputs: list[dict[str, Any]], precision: str) -> None:
    import torch

    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - our own code, as the builder imports it
    torch.save(space["build"]().state_dict(), workspace.places.source / "net.pt")
    workspace.write("net.py", code)
    workspace.ask(weights="net.pt", architecture={"factory": "net:build"}, inputs=inputs, evaluation=None)
    exit_code, report = workspace.run_until("publish")
    assert report
    assert (exit_code, report.precision) == (0, precision), report.failure
    signature = (workspace.places.artifact / "signature.json").read_bytes()
    assert contract.Signature.model_validate_json(signature).batchable
