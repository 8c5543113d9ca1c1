"""Lets one process at a time do a thing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file; wait for whoever holds it. The kernel frees it with its holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            _take(file)
            if _is_at(path, file):
                yield
                return


def _take(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"  waiting for another process to free {file.name}\n")
        fcntl.flock(file, fcntl.LOCK_EX)


def _is_at(path: Path, file: IO[str]) -> bool:
    # Its last holder may have deleted it while we waited: then it locks nothing.
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))
