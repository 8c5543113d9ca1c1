"""A source made once, a build made once, and a fresh workspace for whoever breaks something."""

import os
import shutil
from pathlib import Path

import pytest

from builder import making
from model_builder import stepping

# ONNX Runtime and torch look once, when they are first imported.
os.environ.update(stepping.ENVIRONMENT)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return making.source(tmp_path_factory.mktemp("digits"))


@pytest.fixture
def workspace(tmp_path: Path, source: Path) -> making.Workspace:
    """The digits model, asked for and not yet built."""
    made = making.Workspace(tmp_path)
    shutil.copytree(source, made.places.source)
    made.ask()
    return made


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, source: Path) -> making.Workspace:
    """The digits model, built and published. Read only."""
    made = making.Workspace(tmp_path_factory.mktemp("built"))
    shutil.copytree(source, made.places.source)
    made.ask()
    code, _ = made.run_until("publish")
    assert code == 0
    return made


@pytest.fixture
def again(tmp_path: Path, built: making.Workspace) -> making.Workspace:
    """A copy of the finished build, to break."""
    shutil.copytree(built.root, tmp_path / "again")
    return making.Workspace(tmp_path / "again")
