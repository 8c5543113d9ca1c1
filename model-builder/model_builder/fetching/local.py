"""A source that is a mounted directory: a ConfigMap, a volume, a folder of the user's machine.

    /modelsmith/source/            a ConfigMap as the kubelet mounts it
      ..2026_01_02_03/digits.py
      ..data -> ..2026_01_02_03    swapped when the ConfigMap changes
      digits.py -> ..data/digits.py

Links are followed as long as they stay inside the mount; names that begin with `..` are the kubelet's own.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from model_builder import contract, errors

#: A name of the kubelet's, not of the source's.
INTERNAL = ".."
#: Folders that hold code which is not the model's.
CODELESS = ("__pycache__", "node_modules")


class LocalSource:
    """The files of one mounted directory, by their path in it."""

    def __init__(self, mount: Path) -> None:
        """Take the mount as it is; a missing one has no files."""
        self.mount = mount
        self.top = mount.resolve()

    def names(self) -> list[str]:
        """The path of every regular file, sorted."""
        return sorted(name for name, _ in self.walk(self.top, PurePosixPath(), frozenset()))

    def code(self, root: str) -> list[str]:
        """The path of every Python file below a folder; hidden folders and caches hold none."""
        below = f"{root.strip('/')}/" if root.strip("/") else ""
        return [name for name in self.names() if name.startswith(below) and is_code(name.removeprefix(below))]

    def has(self, name: str) -> bool:
        """Is there such a file, inside or behind a link?"""
        return (self.mount / name).is_file()

    def path(self, name: str, field: str = "") -> Path:
        """Where a file really is.

        Raises:
            RejectedError: a link leads out of the mount.

        """
        real = (self.mount / name).resolve()
        if not real.is_relative_to(self.top):
            raise errors.RejectedError(
                contract.FailureReason.SOURCE_MISSING,
                f"{name} leads out of the source",
                field=field,
                next_step="Put the file itself into the source in place of the link.",
            )
        return real

    def walk(self, folder: Path, path: PurePosixPath, above: frozenset[Path]) -> Iterator[tuple[str, Path]]:
        """Files below a folder, through links that stay inside; a loop of links ends where it began."""
        if folder in above or not folder.is_dir():
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name.startswith(INTERNAL):
                continue
            real = Path(entry.path).resolve()
            if real.is_dir() and real.is_relative_to(self.top):
                yield from self.walk(real, path / entry.name, above | {folder})
            elif real.is_file():
                yield str(path / entry.name), real


def is_code(name: str) -> bool:
    """A module that the model's code may import."""
    parts = PurePosixPath(name).parts
    return name.endswith(".py") and not any(part.startswith(".") or part in CODELESS for part in parts)
