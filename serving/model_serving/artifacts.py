"""An artifact on disk: prove that it is the one meant, then read it.

Its files: manifest.sha256, signature.json, requires.json, golden.npz, distribution.json, report.json,
files/model.onnx[.data].
"""

import hashlib
from pathlib import Path, PurePosixPath

from model_builder import contract, digests

SIGNATURE = "signature.json"
REQUIRES = "requires.json"
#: The model itself: what Triton sees as a version folder.
FILES = "files"


class ArtifactError(Exception):
    """An artifact that must not be served: missing, incomplete, or not what its digest says."""


def verify(artifact: Path, digest: str) -> None:
    """Hold the manifest against the digest, and every file against the manifest. Raises ArtifactError."""
    manifest = _read(artifact / digests.MANIFEST)
    found = digests.of_bytes(manifest)
    if found != digest:
        raise ArtifactError(f"the artifact's manifest has digest {found}, but {digest} is to be served")
    listed = digests.read_manifest(manifest)
    for path, expected in listed.items():
        _verify_file(artifact, path, expected)
    _refuse_unlisted(artifact, set(listed))


def read_signature(artifact: Path) -> contract.Signature:
    """The tensors. Verify first: this trusts the content."""
    return contract.Signature.model_validate_json(_read(artifact / SIGNATURE))


def read_requires(artifact: Path) -> contract.Requires:
    """What the artifact needs. Verify first: this trusts the content."""
    return contract.Requires.model_validate_json(_read(artifact / REQUIRES))


def _verify_file(artifact: Path, path: str, expected: str) -> None:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ArtifactError(f"the artifact's manifest names a path outside of it: {path}")
    found = _digest(artifact / path)
    if found != expected:
        raise ArtifactError(f"{path} is not the file that was built: its digest is {found}, not {expected}")


def _refuse_unlisted(artifact: Path, listed: set[str]) -> None:
    """Triton reads the whole version folder, so a file that no digest covers may not lie there."""
    there = {file.relative_to(artifact).as_posix() for file in (artifact / FILES).rglob("*") if not file.is_dir()}
    if there - listed:
        raise ArtifactError(f"files that the artifact's manifest does not list: {', '.join(sorted(there - listed))}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"the artifact's {path.name} cannot be read: {error.strerror}: {path}") from error


def _digest(path: Path) -> str:
    """By chunks: weights may be larger than the memory of an init container."""
    try:
        with path.open("rb") as file:
            return digests.PREFIX + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArtifactError(f"the artifact's {path.name} cannot be read: {error.strerror}: {path}") from error
