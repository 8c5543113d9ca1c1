"""Files on disk for good, with modes that let the next step, another user, read them."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from model_builder import digests

#: Bytes copied at a time; large weights must not be held in memory.
CHUNK = 1 << 20
#: Every step runs as another user, and so does the server.
FILE_MODE = 0o644
FOLDER_MODE = 0o755


def folder(path: Path) -> Path:
    """Make a folder that other users can enter, with its parents, unless it is there."""
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(FOLDER_MODE)
    return path


def copy(source: Path, target: Path, mode: int = FILE_MODE) -> str:
    """Copy a file to disk for good, and name the very bytes that were written by their digest."""
    folder(target.parent)
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            writer.write(chunk)
        finish(writer, mode)
    return digests.PREFIX + digest.hexdigest()


def write(target: Path, content: bytes, mode: int = FILE_MODE) -> str:
    """Write a file for good; its digest."""
    folder(target.parent)
    with target.open("wb") as writer:
        writer.write(content)
        finish(writer, mode)
    return digests.of_bytes(content)


def finish(writer: BinaryIO, mode: int) -> None:
    """What is written is on the disk, and readable by those who shall."""
    writer.flush()
    os.fchmod(writer.fileno(), mode)
    os.fsync(writer.fileno())


def sync_folder(path: Path) -> None:
    """A new or renamed entry of this folder survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
