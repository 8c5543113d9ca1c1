"""Builds the Go programs once and keeps them outside the checkout."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cluster import commands, errors, locking, pins, toolchain

_NEEDED_GIB = 8
"""Go's own cache of a cold build takes about 5 GiB, the programs 0.5."""


def ensure(module: pins.Module) -> Path:
    """Return the directory of a module's programs, building them if need be."""
    target = pins.binaries(module)
    if not target.exists():
        with locking.alone(target.with_name(f"{target.name}.lock")):
            if not target.exists():  # another process may have built it meanwhile
                _build(module, target)
    return target


def ensure_all() -> None:
    """Build every module."""
    for module in pins.ALL:
        ensure(module)


def _build(module: pins.Module, target: Path) -> None:
    _require_space(target.parent)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _compile(module, work)
        _link(module, work)
        work.chmod(0o755)
        work.replace(target)  # whoever sees the name sees all of it
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _link(module: pins.Module, work: Path) -> None:
    for name in module.links:
        (work / name).symlink_to(module.name)
    (work / "tools").mkdir()
    for name in module.tools:
        (work / "tools" / name).symlink_to(f"../{module.name}")


def _compile(module: pins.Module, output: Path) -> None:
    stamps = " ".join(f"-X {stamp}" for stamp in module.stamps)
    commands.run(
        "nice", toolchain.find(), "build", "-trimpath", "-buildvcs=false", "-mod=readonly",
        "-tags", module.tags, "-ldflags", f"-s -w {stamps}",
        "-o", f"{output}/", *module.packages,
        cwd=module.directory,
        env={"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"},
    )  # fmt: skip


def _require_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free / 2**30
    if free < _NEEDED_GIB:
        raise errors.MachineError(
            f"Building needs {_NEEDED_GIB} GiB free in {directory}; there are {free:.1f}. "
            "Free some, or set XDG_CACHE_HOME to a larger disk."
        )
