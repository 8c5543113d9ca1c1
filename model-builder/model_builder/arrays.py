"""Arrays on disk, equal bytes for equal arrays."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model_builder import storage

#: An array of any element type.
Array = np.ndarray[Any, np.dtype[Any]]
#: The oldest time a zip archive can hold; a real one would give the same arrays another digest every second.
EPOCH = (1980, 1, 1, 0, 0, 0)


def save(target: Path, arrays: Mapping[str, Array]) -> None:
    """Write an .npz that holds equal bytes for equal arrays; numpy's own writer puts the time of day into it."""
    storage.folder(target.parent)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)
    target.chmod(storage.FILE_MODE)


def load(source: Path) -> dict[str, Array]:
    """Read what save wrote. For files of ours alone: a user's are read by `datasets`, which names what is wrong."""
    with np.load(source, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
