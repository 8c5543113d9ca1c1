"""Sources, requests and builds, small enough for a test."""

import contextlib
import dataclasses
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from model_builder import __main__, contract, places

#: Fields of a request; the others are of its model.
WHOLE = ("calibration", "candidates", "evaluation", "gate", "sourceDigest", "sourceRoot", "target")
CLASSES = 10
ROWS = 40
DIGITS = """\
import torch


class Digits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torch.nn.Conv2d(1, 4, 3, padding=1)
        self.classes = torch.nn.Linear(4 * 64, 10)

    def forward(self, image):
        return self.classes(torch.relu(self.features(image)).flatten(1))


def build():
    return Digits()
"""


@dataclasses.dataclass(frozen=True)
class Workspace:
    """One build's mounts below one folder."""

    root: Path
    #: A repository; else the store is a folder.
    repository: str = ""
    triton: str = ""
    triton_timeout: float = 30

    @property
    def places(self) -> places.Places:
        below = {name: self.root / name for name in ("source", "fetched", "converted", "optimized")}
        return places.Places(
            **below,
            store=self.repository or str(self.store),
            plain_http=bool(self.repository),
            request=self.root / "request.json",
            termination_log=self.root / "log",
            triton=self.triton,
            triton_timeout=self.triton_timeout,
        )

    @property
    def store(self) -> Path:
        """The folder of artifacts."""
        return self.root / "store"

    def arguments(self, step: str) -> list[str]:
        """The command line of a step."""
        options = dataclasses.asdict(self.places)
        plain_http = ["--plain-http"] if options.pop("plain_http") else []
        return [step, *plain_http, *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]

    def run(self, step: str) -> tuple[int, contract.Report | None]:
        """Run one step here; the exit code and what it left as its termination message."""
        self.places.termination_log.unlink(missing_ok=True)
        with isolated():
            code = __main__.main(self.arguments(step))
        if not self.places.termination_log.exists():
            return code, None
        return code, contract.Report.model_validate_json(self.places.termination_log.read_bytes())

    def run_until(self, last: str) -> tuple[int, contract.Report | None]:
        """Run the steps up to one, or to the first that fails."""
        code, report = 0, None
        for step in contract.Step:
            code, report = self.run(step)
            if code or step == last:
                break
        return code, report

    def failure(self, last: str) -> contract.Failure:
        """Run up to a step, which must be the one that fails."""
        _, report = self.run_until(last)
        assert report, "nothing failed"
        assert report.failure, "nothing failed"
        assert report.step == last, report.failure
        return report.failure

    def write(self, name: str, content: bytes | str) -> Path:
        """Put a file into the source."""
        path = self.places.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ask(self, **changes: Any) -> None:
        """Write the request."""
        self.places.request.write_text(json.dumps(request(**changes)))


def request(**changes: Any) -> dict[str, Any]:
    """The request of the digits model; changes are of its `model`, but for those that name a field of the request."""
    model = {
        "format": "stateDict",
        "weights": "digits.pt",
        "architecture": {"factory": "digits:build"},
        "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
    }
    whole: dict[str, Any] = {
        "model": model,
        "evaluation": {"data": {"file": "test.npz"}, "metrics": ["accuracy", "recall", "f1"]},
    }
    for name, value in changes.items():
        target = whole if name in WHOLE else model
        target[name] = value
    return whole


def source(folder: Path) -> Path:
    """The digits model with random weights, and evaluation and calibration sets of random images."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.py").write_text(DIGITS)
    numbers = np.random.default_rng(0)
    torch.manual_seed(0)
    space: dict[str, Any] = {}
    exec(DIGITS, space)  # noqa: S102 - our own code, as the builder imports it
    torch.save(space["build"]().state_dict(), folder / "digits.pt")
    images, seen = numbers.standard_normal((2, ROWS, 1, 8, 8), dtype=np.float32)
    np.savez(folder / "test.npz", image=images, labels=np.arange(ROWS) % CLASSES)
    np.savez(folder / "train.npz", image=seen)
    return folder


def asked(**changes: Any) -> contract.BuildRequest:
    """The request of the digits model, as the builder reads it."""
    return contract.BuildRequest.model_validate(request(**changes))


def quantized(**changes: Any) -> dict[str, Any]:
    """What a request says that asks for int8Static before none."""
    return {"candidates": ["int8Static", "none"], "calibration": {"data": {"file": "train.npz"}}, **changes}


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """A pod runs one model; here each must find no modules of another, and torch may warn about itself."""
    modules, path = set(sys.modules), list(sys.path)
    with warnings.catch_warnings(), mock.patch.dict(os.environ):
        warnings.simplefilter("ignore")
        yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if is_users(sys.modules[name]):
            del sys.modules[name]


def is_users(module: Any) -> bool:
    """Does it come from a build's files?"""
    return "/fetched/files/" in str(getattr(module, "__file__", None))


def classifier_request(**changes: Any) -> contract.BuildRequest:
    """int8Static, asked of `graphs_made.classifier`."""
    inputs = [{"name": "x", "dtype": "float32", "shape": [-1, 16]}]
    return asked(**{**quantized(), "inputs": inputs, **changes})
