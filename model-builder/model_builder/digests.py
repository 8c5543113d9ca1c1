"""Names by content: bytes in, `sha256:<hex>` out.

plan digest       what a build starts from: request and content of every file   -> "was this built before?"
artifact digest   sha256 of manifest.sha256                                     -> addresses the store, is what serves
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_builder import contract

PREFIX = "sha256:"
#: How the manifest file itself is called in an artifact.
MANIFEST = "manifest.sha256"


def of_bytes(content: bytes) -> str:
    """Digest of bytes."""
    return PREFIX + hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str:
    """Digest of a file's content."""
    with path.open("rb") as stream:
        return PREFIX + hashlib.file_digest(stream, "sha256").hexdigest()


def of_json(value: Any) -> str:
    """Digest of a JSON value: keys sorted, no spaces, so that equal values have equal names."""
    return of_bytes(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def of_files(files: Mapping[str, str]) -> str:
    """Digest of a set of files given as path -> digest of the content."""
    return of_json(dict(files))


def of_plan(plan: contract.Plan) -> str:
    """The plan digest. Where the source lay and how it was pinned do not count: content does."""
    request = plan.request.model_dump(mode="json", exclude={"source_root", "source_digest"})
    return of_json({"request": request, "files": dict(plan.files)})


def manifest(files: Mapping[str, str]) -> bytes:
    """The manifest of an artifact, as `sha256sum --check` reads it: a line per file, sorted by path."""
    lines = (f"{digest.removeprefix(PREFIX)}  {path}\n" for path, digest in sorted(files.items()))
    return "".join(lines).encode()


def read_manifest(content: bytes) -> dict[str, str]:
    """Path -> digest of what a manifest lists."""
    pairs = (line.split("  ", 1) for line in content.decode().splitlines())
    return {path: PREFIX + digest for digest, path in pairs}
