"""CustomResourceDefinitions of others, out of their Go modules: no program is built, and nothing of it lies here."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cluster import commands, pins, toolchain

_ROUTES = ("grpcroutes", "httproutes")
_MONITORS = ("podmonitors", "servicemonitors", "prometheusrules")


def gateway_api() -> list[Path]:
    """Return the files that define the Gateway API's routes (standard channel)."""
    standard = _module("gateway-api", "sigs.k8s.io/gateway-api") / "config" / "crd" / "standard"
    return [standard / f"gateway.networking.k8s.io_{name}.yaml" for name in _ROUTES]


def prometheus_operator() -> list[Path]:
    """Return the files that define PodMonitor, ServiceMonitor and PrometheusRule."""
    module = _module("prometheus-operator", "github.com/prometheus-operator/prometheus-operator")
    return [module / "example" / "prometheus-operator-crd" / f"monitoring.coreos.com_{name}.yaml" for name in _MONITORS]


def keda() -> list[Path]:
    """Return the files that define all of KEDA's kinds: its operator watches every one of them."""
    return sorted((keda_module() / "config" / "crd" / "bases").glob("*.yaml"))


def keda_module() -> Path:
    """Return KEDA's own sources, in which its roles are written, too."""
    return _module("keda", "github.com/kedacore/keda/v2")


def _module(name: str, path: str) -> Path:
    """Return the directory of a Go module, at the version of our go.mod.

    Go keeps the module in its own cache, and holds what it fetches against our go.sum.
    """
    directory = pins.MODULES / name
    pinned = re.search(rf"^(?:require)?\s+{re.escape(path)} (v\S+)", (directory / "go.mod").read_text(), re.MULTILINE)
    assert pinned, f"go.mod names {path}"  # noqa: S101 - our own file
    told = commands.run(
        toolchain.find(), "mod", "download", "-json", f"{path}@{pinned[1]}",
        cwd=directory, env={"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"},
    )  # fmt: skip
    return Path(json.loads(told)["Dir"])
