"""Debian packages: installed where we may, named where we may not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cluster import commands, errors

NODE = {
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "socat": "socat",
    "ipset": "ipset",
    "umount": "mount",
}
"""Program (or a file) -> the package that has it: for a node."""

IMAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}
"""The same, to build images."""

EMULATION = {"qemu-x86_64": "qemu-user"}
"""The same, to run a program as an older CPU would."""

_ALTERNATIVES = {"/usr/lib/cni/bridge": "/opt/cni/bin/bridge"}
_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def missing(wanted: dict[str, str]) -> list[str]:
    """Return the packages whose programs are not here."""
    return [package for program, package in wanted.items() if not _is_here(program)]


def install(packages: list[str]) -> None:
    """Install packages; raise MissingPackagesError where that is not for us to do."""
    if not shutil.which("apt-get"):
        raise errors.MissingPackagesError(packages, "This is not Debian or one of its kin.")
    if os.geteuid() != 0:
        raise errors.MissingPackagesError(packages, "Only root may install them.")
    try:
        commands.run("apt-get", "update", "--quiet", env=_QUIET)
        commands.run(
            "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages,
            env=_QUIET,
        )  # fmt: skip
    except errors.CommandError as failure:
        raise errors.MissingPackagesError(packages, f"apt-get could not install them.\n{failure}\n") from None


def _is_here(program: str) -> bool:
    if program.startswith("/"):
        places = (program, _ALTERNATIVES.get(program, program))
        return any(Path(place).exists() for place in places)
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None
