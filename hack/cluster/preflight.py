"""Whether this machine can run the cluster: asked before anything is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster import errors, layout, processes

_NEEDED_GIB = 4
_LISTENING = "0A"
_MARKER = "modelsmith-cluster"


def check(keeper: processes.Keeper) -> None:
    """Raise a MachineError that says what is in the way."""
    require_machine()
    _require_space(layout.directory())
    require_ports(keeper, layout.LISTENERS)


def require_ports(keeper: processes.Keeper, wanted: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    """Raise PortTakenError when a stranger listens where a part of ours must, that does not run yet."""
    for part, listeners in wanted.items():
        record = keeper.find(part)
        if record is None or not record.alive:
            for address, port in listeners:
                require_free(address, port, part)


def require_machine() -> None:
    """Raise unless this is Linux and we are root."""
    if not sys.platform.startswith("linux"):
        raise errors.MachineError(f"The embedded cluster runs on Linux, not on {sys.platform}.")
    if os.geteuid() != 0:
        raise errors.MachineError(
            "The embedded cluster needs root: it makes mounts, cgroups and network interfaces. "
            "Run it with sudo, or on a machine of your own."
        )


def claim_directory() -> None:
    """Make the data directory and mark it as the cluster's."""
    require_own_directory()
    layout.directory().mkdir(mode=0o755, parents=True, exist_ok=True)
    (layout.directory() / _MARKER).touch()


def require_own_directory() -> None:
    """Raise when the data directory is somebody else's: `down --purge` will delete it."""
    directory = layout.directory()
    foreign = directory.exists() and any(directory.iterdir()) and not (directory / _MARKER).exists()
    if foreign:
        raise errors.MachineError(
            f"{directory} is not empty and not a cluster's. Set MODELSMITH_CLUSTER_DIR to a directory of its own."
        )


def require_free(address: str, port: int, part: str) -> None:
    """Raise PortTakenError when somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((address, port))
            return
        # The bridge may not exist yet; then only a listener on all addresses matters.
    owner = owner_of(port)
    if owner is not None:
        raise errors.PortTakenError(address, port, part, owner)


def owner_of(port: int) -> str | None:
    """Say who listens on a TCP port; None when nobody does."""
    inodes = set(listening_inodes(_tables(), port))
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & _sockets_of(process):
            return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return "a process that could not be identified"


def listening_inodes(table: str, port: int) -> list[str]:
    """Return the socket inodes that listen on a port, from /proc/net/tcp's text."""
    rows = [line.split() for line in table.splitlines() if ":" in line.split(maxsplit=1)[0]]
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]


def _tables() -> str:
    files = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    return "".join(file.read_text() for file in files if file.exists())


def _sockets_of(process: Path) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):  # gone, or not ours to look into
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(descriptor.readlink()))
    return {name.removeprefix("socket:[").removesuffix("]") for name in found}


def _require_space(directory: Path) -> None:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(existing).free / 2**30
    if free < _NEEDED_GIB:
        raise errors.MachineError(
            f"The cluster needs {_NEEDED_GIB} GiB free in {existing}; there are {free:.1f}. "
            "Free some, or set MODELSMITH_CLUSTER_DIR to a directory on a larger disk."
        )
