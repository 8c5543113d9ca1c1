"""CustomResourceDefinitions of others, out of their Go modules: no program is built, and nothing of it lies here."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cluster import commands, pins, toolchain

_ROUTES = ("gateway.networking.k8s.io_grpcroutes.yaml", "gateway.networking.k8s.io_httproutes.yaml")


def gateway_api() -> list[Path]:
    """Return the files that define the Gateway API's routes (standard channel), at the version of our go.mod.

    Go keeps the module in its own cache, and holds what it fetches against our go.sum.
    """
    directory = pins.MODULES / "gateway-api"
    pinned = re.search(r"^require (\S+) (\S+)$", (directory / "go.mod").read_text(), re.MULTILINE)
    assert pinned, "go.mod names one module"  # noqa: S101 - our own file
    told = commands.run(
        toolchain.find(), "mod", "download", "-json", "@".join(pinned.groups()),
        cwd=directory, env={"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"},
    )  # fmt: skip
    standard = Path(json.loads(told)["Dir"]) / "config" / "crd" / "standard"
    return [standard / name for name in _ROUTES]
