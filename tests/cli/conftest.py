"""The same real server as the serving room's tests, and a machine on which the small model was built once."""

import pytest

from builder import making
from cli import runs
from serving.conftest import shared, triton_python

__all__ = ["shared", "triton_python"]


@pytest.fixture(scope="session")
def machine(tmp_path_factory, triton_python):
    """Read only: what a test builds besides goes elsewhere."""
    home = tmp_path_factory.mktemp("machine")
    made = runs.Machine(home, making.source(home / "model"), triton_python)
    runs.write(made.file, runs.document())
    return made


@pytest.fixture(scope="session")
def built(machine):
    """The first build: what it said, and where it left its result."""
    out = machine.home / "out"
    done = machine.build(out)
    assert done.returncode == 0, done.stderr
    return done, out
