"""The cgroup of all pods: how their processes are known, whoever runs them."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from cluster import layout

_ROOT = Path("/sys/fs/cgroup")


def make() -> None:
    """Make it in every hierarchy: the kubelet expects it."""
    for root in _hierarchies():
        with contextlib.suppress(OSError):  # one that cannot be used for this
            (root / layout.CGROUP).mkdir(exist_ok=True)


def present() -> list[Path]:
    """Return its directory in each hierarchy that has it."""
    return [root / layout.CGROUP for root in _hierarchies() if (root / layout.CGROUP).is_dir()]


def processes() -> list[int]:
    """Return the processes of all pods."""
    found: set[int] = set()
    for root in present():
        for file in root.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(map(int, file.read_text().split()))
    return sorted(found)


def remove() -> None:
    """Remove it and all below it. Its processes must have ended."""
    for root in present():
        below = [path for path in root.rglob("*") if path.is_dir()]
        for path in [*sorted(below, key=lambda each: len(each.parts), reverse=True), root]:
            _remove(path)


def _hierarchies() -> list[Path]:
    # Version 2 has one tree, version 1 a tree for each controller.
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    trees = _ROOT.iterdir() if _ROOT.is_dir() else ()
    return [path for path in trees if path.is_dir() and not path.is_symlink()]


def _remove(path: Path) -> None:
    for _ in range(20):  # busy for a moment after its last process ended
        with contextlib.suppress(OSError):
            path.rmdir()
        if not path.exists():
            return
        time.sleep(0.05)
