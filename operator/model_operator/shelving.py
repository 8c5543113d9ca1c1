"""Where objects are kept: those used last as they are, all others packed.

What happens just now is about a few objects again and again, and must not cost a packing and an unpacking each time;
what has settled is not looked at for ten minutes, and must not cost memory.
"""

import collections
import dataclasses

from model_operator import kinds, outlines, packing

#: Objects that are kept as they are: those of fifty ModelDeployments. One takes 10 to 40 kB.
RECENT = 512


_NOT_YET = packing.Packed(b"", b"")


@dataclasses.dataclass(slots=True, eq=False)
class Held:
    """One object: whole, packed, or both.

    version   its resourceVersion, None where it is no number
    outline   of the kinds that have one
    """

    kind: kinds.Kind
    version: int | None
    outline: kinds.Manifest | None
    manifest: kinds.Manifest | None
    packed: packing.Packed = _NOT_YET


class Shelf:
    """Objects of all kinds."""

    def __init__(self, recent: int = RECENT) -> None:
        """Take how many are kept as they are."""
        self._most = recent
        self._recent: collections.OrderedDict[Held, None] = collections.OrderedDict()
        self._packers: dict[kinds.Kind, packing.Packer] = collections.defaultdict(packing.Packer)

    def put(self, kind: kinds.Kind, manifest: kinds.Manifest, version: int | None) -> Held:
        """Keep an object."""
        outline = outlines.of(kind, manifest) if kind in outlines.FIELDS else None
        held = Held(kind, version, outline, manifest)
        self._use(held)
        return held

    def read(self, held: Held) -> kinds.Manifest:
        """The object. It must not be changed: the next reader may get the same."""
        manifest = held.manifest
        if manifest is None:
            manifest = held.manifest = packing.unpack(held.packed)
            self._use(held)
        else:
            self._recent.move_to_end(held)
        return manifest

    def remove(self, held: Held) -> None:
        """It is kept no more."""
        self._recent.pop(held, None)

    def _use(self, held: Held) -> None:
        """It is the one used last; who was used longest ago is packed."""
        self._recent[held] = None
        while len(self._recent) > self._most:
            oldest, _ = self._recent.popitem(last=False)
            if oldest.packed is _NOT_YET and oldest.manifest is not None:
                oldest.packed = self._packers[oldest.kind].pack(oldest.manifest)
            oldest.manifest = None
