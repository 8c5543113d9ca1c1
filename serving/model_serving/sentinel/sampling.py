"""Counts the answers to sampled requests, which Triton writes into the pod's memory, and removes the files.

    Triton's trace ─► folder/request.0, .1, ...  one request each ─► outputs ─► distributions.Window

Such a file is nearly JSON: numbers of eight bits stand in it as characters, quotes among them. So what is looked for is
the text of an output, whatever stands around it. Inputs come first and may be long; the end of the file is enough.
The content is a client's, so nothing of it is believed beyond its numbers, and nothing is kept or told of it.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model_serving.sentinel import distributions

Array = np.ndarray[Any, Any]

#: Seconds between two times that the folder is emptied, and how many files are read then; others are only removed.
EVERY, MOST = 2.0, 8
#: Bytes that are read at the beginning of a file, where the request is named, and at its end, where the answer stands.
HEAD, TAIL = 1024, 65_536
_OUTPUT = re.compile(
    rb'"activity":"TENSOR_BACKEND_OUTPUT","tensor":\{"name":"([^"]+)","data":"([^"]+)","shape":"[^"]*","dtype":"'
)


async def watch(folder: Path, own: str, window: distributions.Window, tell: Callable[[], None]) -> None:
    """Count, for ever. `own`: the id of requests that are none of clients'."""
    while True:
        with contextlib.suppress(OSError):
            for content in drain(folder, own):
                for output, values in outputs(content).items():
                    window.add(output, values)
        tell()
        await asyncio.sleep(EVERY)


def drain(folder: Path, own: str) -> Iterator[bytes]:
    """The contents of some files, without own ones; all files are removed, and what was not whole yet is lost."""
    read = 0
    for file in list(folder.iterdir()):
        content = _read(file) if read < MOST else b""
        file.unlink(missing_ok=True)
        if content and f'"request_id":"{own}"'.encode() not in content[:HEAD]:
            read += 1
            yield content


def _read(file: Path) -> bytes:
    """The beginning and the end; nothing of a file that is not whole."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
        stream.seek(max(HEAD, os.fstat(stream.fileno()).st_size - TAIL))
        content = head + stream.read()
    return content if content.endswith(b"]") else b""


def outputs(content: bytes) -> dict[str, Array]:
    """Values of each output that can be read, by its name: once, though a response cache has misses written twice."""
    found = {}
    for name, data in _OUTPUT.findall(content):
        with contextlib.suppress(ValueError):
            found[name.decode()] = np.fromiter(map(float, data.split(b",")), dtype=np.float64)
    return found
