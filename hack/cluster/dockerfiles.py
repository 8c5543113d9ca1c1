"""Reads from a Dockerfile what it builds and what it is built from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from cluster import commands, errors

_STAGE = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_COPY = re.compile(r"^(?:COPY|ADD)\s+(.*)$", re.IGNORECASE)


def targets(text: str) -> list[str]:
    """Return the named stages that no other stage starts from, in their order."""
    stages = [match.groups() for line in _instructions(text) if (match := _STAGE.match(line))]
    parents = {parent for parent, _ in stages}
    return [name for _, name in stages if name and name not in parents]


def sources(text: str) -> list[str]:
    """Return what is copied from the build context, as written."""
    found: list[str] = []
    for line in _instructions(text):
        match = _COPY.match(line)
        words = match.group(1).split() if match else []
        if words and not any(word.startswith("--from=") for word in words):
            found += [word for word in words[:-1] if not word.startswith("--")]
    return sorted(set(found))


def digest(dockerfile: Path, base: str) -> str:
    """Name the inputs of a Dockerfile's images: its text, its base, what it copies."""
    text = dockerfile.read_text()
    context = dockerfile.parent
    total = hashlib.sha256(f"{base}\0{text}".encode())
    for name in _files(context, [*sources(text), ".dockerignore"]):
        path = context / name
        mode = path.stat().st_mode & 0o111
        total.update(f"\0{name}\0{mode}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def _instructions(text: str) -> Iterable[str]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def _files(context: Path, names: list[str]) -> list[str]:
    """List the files below some names, as git sees them: no caches, no outputs."""
    try:
        listing = commands.run(
            "git", "-c", f"safe.directory={context}", "ls-files", "-z", "--cached", "--others",
            "--exclude-standard", "--", *names,
            cwd=context,
        )  # fmt: skip
    except errors.CommandError:
        return _walk(context, names)  # not a checkout
    return sorted({name for name in listing.split("\0") if name and (context / name).is_file()})


def _walk(context: Path, names: list[str]) -> list[str]:
    found: set[Path] = set()
    for name in names:
        found.update(path for top in context.glob(name) for path in (top, *top.rglob("*")))
    return sorted(
        str(path.relative_to(context)) for path in found if path.is_file() and "__pycache__" not in path.parts
    )
