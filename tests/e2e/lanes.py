"""Two lanes of tests use one cluster at a time: most of them wait for Kubernetes, and not for a processor.

    make e2e    not alone: two processes, a file each at a time ─► alone: what changes the operator or the node, and
                                                                  what is timed

What all of a run share (the operator, Prometheus) is made by the first process that comes, and taken away by the last
that goes. The run is named by the process that started it; the others inherit the name.
"""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RUN = os.environ.setdefault("MODELSMITH_E2E_RUN", str(os.getpid()))
#: Of this run; a process id comes back, so what lies there may be of an earlier one.
FOLDER = Path(tempfile.gettempdir()) / f"modelsmith-e2e-{RUN}"
#: Upon a file: `pytestmark = lanes.ALONE`.
ALONE = pytest.mark.alone


def begin() -> None:
    """Forget what an earlier run of this number left."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()


@contextlib.contextmanager
def shared(name: str, make: Callable[[], object], unmake: Callable[[], object]) -> Iterator[None]:
    """Made once for all processes of a run."""
    _count(name, +1, when=1, then=make)
    try:
        yield
    finally:
        _count(name, -1, when=0, then=unmake)


@contextlib.contextmanager
def alone_with(what: str) -> Iterator[None]:
    """Of what there is one for both lanes, such as the node's GPUs: the other waits."""
    with (FOLDER / f"{what}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _count(name: str, change: int, *, when: int, then: Callable[[], object]) -> None:
    """Count who uses it; whoever brings the number to `when` acts, and everybody else waits for that."""
    with (FOLDER / f"{name}.users").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = int(file.read() or 0) + change
        if users == when:
            then()
        file.truncate(0)
        file.write(str(users))


def note(what: str, figure: str) -> None:
    """Remember a figure of this run, in whichever process."""
    with (FOLDER / "measured").open("a") as file:
        file.write(json.dumps([what, figure]) + "\n")


def noted() -> list[tuple[str, str]]:
    """The figures of this run."""
    path = FOLDER / "measured"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
