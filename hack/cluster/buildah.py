"""Runs buildah with a storage of our own, kept outside the checkout.

Layers already built make a second build quick, so `down --purge` leaves them
alone, like the Go programs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cluster import commands, errors, leftovers, pins

_ENVIRONMENT = {
    "BUILDAH_ISOLATION": "chroot",  # works where no container engine does
    "STORAGE_DRIVER": "overlay",
}


_RUN = Path("/run/modelsmith-images")
"""What buildah believes to be mounted: not the cluster's, a build may outlive it."""


def storage() -> Path:
    """Return the directory of buildah's images and layers."""
    return pins.cache_directory() / "containers"


def run(*arguments: str) -> str:
    """Return buildah's output."""
    return commands.run("buildah", f"--root={storage()}", f"--runroot={_RUN}", *arguments, env=_ENVIRONMENT)


def has(reference: str) -> bool:
    """Whether an image of that name is in the storage."""
    try:
        return bool(run("images", "--quiet", reference).strip())
    except errors.CommandError:
        return False


def release() -> None:
    """Unmount what buildah keeps mounted between builds. None may be under way."""
    leftovers.unmount_below([storage(), _RUN])
    shutil.rmtree(_RUN, ignore_errors=True)


def mounts() -> list[str]:
    """Return the options that show a build this machine's certificates and caches."""
    caches = pins.cache_directory() / "build"
    volumes = ["/etc/ssl/certs:/etc/ssl/certs:ro"] if Path("/etc/ssl/certs").is_dir() else []
    for name in ("uv", "pip"):
        (caches / name).mkdir(parents=True, exist_ok=True)
        volumes.append(f"{caches / name}:/root/.cache/{name}")
    return [word for volume in volumes for word in ("--volume", volume)]
