"""Layers: tar+gzip that is equal for equal content, made while it is sent and unpacked while it arrives.

Weights may be larger than any memory or scratch space, so a layer is nowhere as a whole: `Archive` is read through
once for its digest, and once more, giving the same bytes, to be sent.
"""

import hashlib
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from model_builder import digests
from model_serving.registries import errors, images

CHUNK = 1 << 20
#: Levels of zlib. Weights are noise to it: packing them takes longer than sending what it saves.
WEIGHTS = 0
TEXTS = 6
#: zlib's window of 32 KiB with a gzip header, which it writes without name and time.
GZIP = 16 + zlib.MAX_WBITS
FILE_MODE = 0o444
FOLDER_MODE = 0o755

#: Path in the artifact -> its content, or the file that holds it.
Members = Mapping[str, Path | bytes]


class Archive:
    """A layer, as an iterable with a length: what requests can send without holding it."""

    def __init__(self, members: Members, level: int) -> None:
        """Read it through once."""
        self._members, self._level = members, level
        plain, packed, size = hashlib.sha256(), hashlib.sha256(), 0
        for chunk in compressed(watched(tar(members), plain.update), level):
            packed.update(chunk)
            size += len(chunk)
        self.diff_id = digests.PREFIX + plain.hexdigest()
        self.descriptor = images.Descriptor(
            media_type=images.LAYER, digest=digests.PREFIX + packed.hexdigest(), size=size
        )

    def __len__(self) -> int:
        """Bytes."""
        return self.descriptor.size

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, from the start each time."""
        return compressed(tar(self._members), self._level)


def tar(members: Members) -> Iterator[bytes]:
    """An archive with nothing in it of the machine, the user or the time that it was made."""
    folders = {parent for name in members for parent in PurePosixPath(name).parents if parent.name}
    for folder in sorted(folders):
        yield header(f"{folder}", 0, tarfile.DIRTYPE, FOLDER_MODE)
    for name, content in sorted(members.items()):
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        yield header(name, size, tarfile.REGTYPE, FILE_MODE)
        yield from chunks(content)
        yield bytes(-size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def header(name: str, size: int, kind: bytes, mode: int) -> bytes:
    """What stands before a member; user, group and time are 0."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode = size, kind, mode
    return info.tobuf(tarfile.PAX_FORMAT)


def chunks(content: Path | bytes) -> Iterator[bytes]:
    """The bytes of a member, some at a time."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def compressed(plain: Iterable[bytes], level: int) -> Iterator[bytes]:
    """As one gzip stream."""
    packer = zlib.compressobj(level, zlib.DEFLATED, GZIP)
    for chunk in plain:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def watched(content: Iterable[bytes], see: Callable[[bytes], object]) -> Iterator[bytes]:
    """The same, seen on its way."""
    for chunk in content:
        see(chunk)
        yield chunk


def unpack(stream: IO[bytes], target: Path) -> None:
    """Lay a layer out in a folder that nothing else has written to.

    Raises:
        CorruptError: it is no archive, or would write anything but files and folders inside of the target.

    """
    for member, content in members(stream):
        try:
            place(target / member.name, content)
        except (FileExistsError, NotADirectoryError) as error:
            raise errors.CorruptError(f"the layer holds {member.name}, where it holds something else too") from error


def place(path: Path, content: IO[bytes] | None) -> None:
    """Make a file with this content, or a folder. Raises FileExistsError, NotADirectoryError."""
    folder = path.parent if content else path
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if content:
        with path.open("xb") as file:
            shutil.copyfileobj(content, file, CHUNK)
        path.chmod(FILE_MODE)


def members(stream: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """Files, each with its content to read before the next one, and folders. Raises CorruptError."""
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            for member in archive:
                require_harmless(member)
                yield member, archive.extractfile(member)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise errors.CorruptError(f"the layer is no archive, or is cut off: {error}") from error


def require_harmless(member: tarfile.TarInfo) -> None:
    """Raise CorruptError unless it is a file or a folder, below where it is unpacked."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise errors.CorruptError(f"the layer holds a path that leads out of the artifact: {member.name}")
    if not (member.isreg() or member.isdir()):
        raise errors.CorruptError(f"the layer holds {member.name}, which is neither a file nor a folder")
