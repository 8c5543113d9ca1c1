"""The base of our images: a small Debian made on this machine, not pulled."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from cluster import buildah, commands, pins

SUITE = "bookworm"
PACKAGES = (
    "ca-certificates",
    "libpython3.11",  # Triton embeds Python
    "python3",
    "python3-venv",
)
_DOCKERFILE = """\
FROM scratch
ADD root.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["/bin/sh"]
"""


def digest() -> str:
    """Name the base by what goes into it."""
    return hashlib.sha256(repr((SUITE, PACKAGES, _DOCKERFILE)).encode()).hexdigest()[:16]


def reference() -> str:
    """Return the name of the base image in buildah's own storage."""
    return f"localhost/modelsmith/base:{digest()}"


def ensure() -> bool:
    """Have the base image in buildah's storage; say whether it had to be made."""
    if buildah.has(reference()):
        return False
    archive = pins.cache_directory() / "base" / f"{SUITE}-{digest()}.tar"
    if not archive.exists():
        _bootstrap(archive)
    _import(archive)
    return True


def _bootstrap(archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    fresh = archive.with_name(f".{os.getpid()}.{archive.name}")
    packages = ",".join(PACKAGES)
    commands.run("mmdebstrap", "--variant=minbase", f"--include={packages}", SUITE, fresh)
    fresh.replace(archive)


def _import(archive: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="base-", dir=archive.parent) as name:
        context = Path(name)
        (context / "Dockerfile").write_text(_DOCKERFILE)
        (context / "root.tar").hardlink_to(archive)
        buildah.run("build", "--tag", reference(), str(context))
