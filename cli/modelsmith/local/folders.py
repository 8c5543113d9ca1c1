"""Where local mode keeps things.

    ~/.cache/modelsmith/local/store/          artifacts by the plans they were built from: kept
    ~/.cache/modelsmith/local/unchecked/      those that no server was asked about: kept apart
    ~/.cache/modelsmith/local/work/<random>/  of one run: removed when it ends

A run that is killed cannot remove its own; the next one does.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

LOCK = "lock"
SHARED_MEMORY = Path("/dev/shm")


def cache() -> Path:
    """Of this product."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelsmith"


def store(*, checked: bool) -> Path:
    """The store; a build that leaves the check out must not answer for one that asks for it."""
    return cache() / "local" / ("store" if checked else "unchecked")


@contextlib.contextmanager
def work() -> Iterator[Path]:
    """A folder of this run's own, gone afterwards with its regions of shared memory."""
    parent = cache() / "local" / "work"
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(parent / f".{LOCK}"):
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(dir=parent))
        lock = (folder / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield folder
        finally:
            _remove(folder)


def shared_memory(folder: Path) -> str:
    """How the names of a run's regions of shared memory begin."""
    return f"modelsmith-{folder.name}-"


def _sweep(parent: Path) -> None:
    """Remove the folders of runs that were killed: nobody holds their locks."""
    for folder in parent.iterdir():
        if not folder.is_dir():
            continue
        with (folder / LOCK).open("a") as lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)


def _remove(folder: Path) -> None:
    for region in SHARED_MEMORY.glob(f"{shared_memory(folder)}*"):
        region.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
