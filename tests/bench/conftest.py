"""The bench with three resources: that it measures what it says, not how much."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench import planes


@pytest.fixture(scope="session")
def bench_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[planes.Plane]:
    """A cluster whose builds take no time."""
    with planes.Plane(tmp_path_factory.mktemp("bench"), step_seconds=0.1) as plane:
        yield plane


@pytest.fixture
def planted_plane(tmp_path: Path) -> Iterator[planes.Plane]:
    """A cluster without a controller of Jobs."""
    with planes.Plane(tmp_path / "planted", 0, jobs=False) as plane:
        yield plane
