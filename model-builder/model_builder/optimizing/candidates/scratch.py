"""A folder for what the libraries leave behind: they write beside the graph they read, and that volume is read-only."""

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from model_builder import storage
from model_builder.optimizing import graphs


@contextlib.contextmanager
def copy_of(source: Path, target: Path) -> Iterator[Path]:
    """A copy of the graph and its weights, in a folder beside the target that is gone afterwards."""
    storage.folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent.parent, prefix="scratch-") as folder:
        for file in graphs.files(source):
            storage.copy(file, Path(folder) / file.name)
        yield Path(folder) / source.name


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The libraries say nothing: their hints are for who calls them, not for who reads the log of a build."""
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def readable(target: Path) -> None:
    """What was written is for other users too."""
    for file in graphs.files(target):
        file.chmod(storage.FILE_MODE)


def one_line(error: BaseException) -> str:
    """An error's type and the first line of its words."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}".removesuffix(": ")
