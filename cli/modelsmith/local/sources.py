"""The folder that would be mounted in a cluster: given, or made of the ConfigMap that stands in the file."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from modelsmith import errors, specs

#: A key of a ConfigMap, which becomes a file's name: no way out of the folder.
KEY = re.compile(r"(?!\.\.?$)[-._a-zA-Z0-9]{1,253}")


def folder(asked: specs.Asked, given: Path | None, scratch: Path) -> Path:
    """Where the model's files lie; a ConfigMap's are written to `scratch`. Raises SaidError."""
    if given is not None:
        if not given.is_dir():
            raise errors.SaidError(f"--source {given}: there is no such folder")
        return given.resolve()
    if asked.config_map is None:
        raise errors.SaidError(
            f"{asked.file} takes the model from {asked.source}, which is not in the file: give the folder with the "
            "same files, --source DIR"
        )
    scratch.mkdir(parents=True)
    for name, content in _files(asked.config_map, asked.file):
        (scratch / name).write_bytes(content)
    return scratch


def _files(config_map: specs.Document, file: str) -> Iterator[tuple[str, bytes]]:
    """Each key, as the kubelet would write it."""
    for field in ("data", "binaryData"):
        for name, value in (config_map.get(field) or {}).items():
            if not KEY.fullmatch(str(name)):
                raise errors.SaidError(
                    f"{file}: {field} of the ConfigMap has the key {name!r}, which is no file's name"
                )
            if not isinstance(value, str):
                raise errors.SaidError(f"{file}: {field}.{name} of the ConfigMap is no text: put it in quotes")
            yield name, value.encode() if field == "data" else _decoded(value, f"{file}: binaryData.{name}")


def _decoded(value: str, subject: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error as error:
        raise errors.SaidError(f"{subject} of the ConfigMap is not base64: {error}") from error
