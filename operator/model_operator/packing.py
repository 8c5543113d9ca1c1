"""Objects as few bytes, for the many that nobody looks at just now. Pure.

JSON, deflated against a dictionary of their kind, because objects of one kind are near copies of each other. All that
belongs to one ModelDeployment takes 200 kB as Python objects, 40 kB as JSON, 13 kB deflated, and 3 kB in this way.

A dictionary learns: an object that it did not foretell is added to it, as often as deflate can make use of that. What
was packed by an earlier one is unpacked by that one.
"""

import zlib
from typing import NamedTuple

import pydantic_core

from model_operator import kinds

#: Bytes that deflate looks back.
_WINDOW = 32 * 1024
#: A packed object that is longer than this part of its JSON was not foretold. What is new in each (uids, digests,
#: dates) is a tenth of it.
_POOR = 0.2
#: How often a dictionary learns; and the longest JSON that it learns from: most of it would be somebody's data.
_LESSONS, _LONGEST = 32, _WINDOW // 2
#: The fastest; the dictionary does the work.
_LEVEL = 1


class Packed(NamedTuple):
    """One object."""

    content: bytes
    dictionary: bytes


class Packer:
    """Packs objects of one kind."""

    def __init__(self) -> None:
        """Know nothing of them yet."""
        self._lessons = 0
        self._dictionary = b""
        self._primed = _compressor(b"")

    def pack(self, manifest: kinds.Manifest) -> Packed:
        """Any object of JSON's types."""
        text = pydantic_core.to_json(manifest)
        compressor = self._primed.copy()
        packed = Packed(compressor.compress(text) + compressor.flush(), self._dictionary)
        if len(packed.content) > _POOR * len(text) and len(text) <= _LONGEST and self._lessons < _LESSONS:
            self._learn(text)
        return packed

    def _learn(self, text: bytes) -> None:
        """The last is the nearest, and so the cheapest to refer to."""
        self._lessons += 1
        self._dictionary = (self._dictionary + text)[-_WINDOW:]
        self._primed = _compressor(self._dictionary)


def unpack(packed: Packed) -> kinds.Manifest:
    """The object again: equal, and not the same."""
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS, packed.dictionary)
    manifest: kinds.Manifest = pydantic_core.from_json(decompressor.decompress(packed.content), cache_strings="all")
    return manifest


def _compressor(dictionary: bytes) -> "zlib._Compress":
    """Raw deflate: a checksum would guard memory against itself. A copy of it begins with the dictionary read."""
    return zlib.compressobj(
        _LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, dictionary
    )
