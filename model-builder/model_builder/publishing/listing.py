"""The files that become an artifact, the same for every store: the digest must not depend on where it goes."""

from pathlib import Path

from model_builder import digests

REPORT = "report.json"


def files(source: Path) -> list[Path]:
    """Of a folder and those below it, relative to it, in order."""
    return sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())


def manifest(source: Path) -> bytes:
    """The manifest of the files as they lie there."""
    return digests.manifest({name.as_posix(): digests.of_file(source / name) for name in files(source)})
