"""What a cluster leaves in the kernel, found without any record, and removed.

A record can be lost (a deleted directory, a crash half-way), so everything is
looked up where the kernel keeps it: processes by their cgroup or by our
directories in their command line, mounts by their path, network namespaces and
interfaces by our bridge.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from cluster import cgroups, commands, layout, network, processes, traces

_DAEMONS = ("containerd", "etcd", "kube", "coredns", "registry")
_ADD_ONS = ("prometheus", "metrics-server", "adapter", "operator")
"""Programs of add-ons, as upstream calls them: KEDA's two are `operator` and `adapter`."""


@dataclasses.dataclass(frozen=True)
class Leftovers:
    """What there is of a cluster at this moment."""

    containers: list[int]
    """Processes in pods."""
    helpers: list[int]
    """containerd's shims, and daemons of ours whoever started them."""
    mounts: list[Path]
    cgroups: list[Path]
    interfaces: list[str]
    rules: list[str]

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any(dataclasses.astuple(self))

    def describe(self) -> str:
        """Return the counts of what there is."""
        counts = {name: len(value) for name, value in dataclasses.asdict(self).items()}
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def find() -> Leftovers:
    """Look at the kernel."""
    return Leftovers(
        containers=cgroups.processes(),
        helpers=helper_processes(),
        mounts=mounts(Path("/proc/self/mountinfo").read_text(), owned_directories()),
        cgroups=cgroups.present(),
        interfaces=_interfaces(),
        rules=network.owned_rules(),
    )


def owned_directories() -> list[Path]:
    """Return the directories below which everything is ours."""
    return [layout.directory(), layout.STATE]


def helper_processes() -> list[int]:
    """Return daemons and shims that were given our directories."""
    places = [str(place) for place in owned_directories()]
    return [pid for pid, argv in _command_lines() if is_helper(argv, places) and pid != os.getpid()]


def is_helper(argv: list[str], places: list[str]) -> bool:
    """Whether a command line is one of our daemons' or shims'.

    A person's editor or `tail` has a path of ours as an argument too, so the
    program's own name counts as well.
    """
    name = Path(argv[0]).name if argv else ""
    ours = name.startswith(_DAEMONS) or name in _ADD_ONS or "caretake" in argv
    return ours and name != "kubectl" and any(place in word for word in argv[1:] for place in places)


def mounts(mountinfo: str, below: Iterable[Path]) -> list[Path]:
    """Return the mount points below some directories, the deepest first.

    `mountinfo` is the text of /proc/self/mountinfo (its escapes are octal).
    """
    points = [Path(line.split()[4].encode().decode("unicode_escape")) for line in mountinfo.splitlines()]
    ours = [point for point in points if any(point.is_relative_to(place) for place in below)]
    return sorted(ours, key=lambda point: len(point.parts), reverse=True)


def unmount_below(directories: Iterable[Path]) -> None:
    """Unmount everything below some directories."""
    for point in mounts(Path("/proc/self/mountinfo").read_text(), directories):
        commands.succeeds("umount", "--lazy", point)


def end_containers(patience: float) -> int:
    """End the processes of all pods, then those who watch over them."""
    pids = cgroups.processes()
    processes.end(pids, patience)
    processes.end(_shims(), patience=2)
    return len(pids)


def remove() -> None:
    """Remove all of it. The daemons must be stopped before."""
    end_containers(patience=3)
    processes.end(helper_processes(), patience=5)
    unmount_below(owned_directories())
    for interface in _interfaces():
        if interface != layout.BRIDGE:
            commands.succeeds("ip", "link", "delete", interface)
    network.remove()
    cgroups.remove()
    traces.remove()
    forget_state()


def forget_state() -> None:
    """Remove the state of another boot, as if it had lain in memory."""
    shutil.rmtree(layout.STATE, ignore_errors=True)


def _shims() -> list[int]:
    return [
        pid
        for pid, argv in _command_lines()
        if Path(argv[0]).name.startswith("containerd-shim") and any(str(layout.STATE) in word for word in argv)
    ]


def _command_lines() -> Iterable[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                argv = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if argv[0]:
                    yield int(entry.name), argv


def _interfaces() -> list[str]:
    members = Path("/sys/class/net", layout.BRIDGE, "brif")
    ports = [path.name for path in members.iterdir()] if members.is_dir() else []
    return [*ports, layout.BRIDGE] if members.parent.exists() else []
