"""Files of ours in directories that our programs do not let us choose."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from cluster import layout

_CONTAINER_LOGS = Path("/var/log/containers")
_SHIMS = Path("/run/containerd")
_NETWORK_RESULTS = Path("/var/lib/cni/results")
_DEVICES = Path("/var/lib/kubelet/device-plugins")
_SHARED = (_CONTAINER_LOGS, _SHIMS / "s", _SHIMS, _NETWORK_RESULTS, _NETWORK_RESULTS.parent, _DEVICES, _DEVICES.parent)


def remove() -> None:
    """Remove them. The cluster is stopped; containerd's state is still there."""
    for file in _files():
        file.unlink(missing_ok=True)
    for directory in _SHARED:
        with contextlib.suppress(OSError):  # not empty: others use it too
            directory.rmdir()


def network_results(names: list[str]) -> list[str]:
    """Return which of the CNI library's remembered results are our pods'.

    Ours name our network; a pod's loopback has another name, but the pod's ID too.
    """
    prefix = "modelsmith-"
    pods = {name.removeprefix(prefix).removesuffix("-eth0") for name in names if name.startswith(prefix)}
    return [name for name in names if any(pod in name for pod in pods)]


def _files() -> list[Path]:
    results = network_results([path.name for path in _NETWORK_RESULTS.glob("*")])
    logs = [link for link in _CONTAINER_LOGS.glob("*.log") if link.is_symlink()]
    return [
        *_shim_sockets(),
        *(_NETWORK_RESULTS / name for name in results),
        *(link for link in logs if link.readlink().is_relative_to(layout.directory())),
        _DEVICES / "kubelet.sock",
    ]


def _shim_sockets() -> list[Path]:
    found = []
    for file in (layout.STATE / "containerd").glob("*/*/*/bootstrap.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            found.append(Path(json.loads(file.read_text())["address"].removeprefix("unix://")))
    return found
