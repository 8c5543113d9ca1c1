"""Runs a graph as an older CPU would: the same machine code under qemu, which then knows fewer instruction sets."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

from cluster import debian

#: AVX2 and no VNNI: int8 products are summed by VPMADDUBSW, in saturating 16 bits.
CPU = "Haswell"
PROGRAM = """
import sys
import numpy as np
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
graph, feed, answers = sys.argv[1:]
session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
with np.load(feed) as inputs:
    np.savez(answers, *session.run(None, dict(inputs)))
"""


def install() -> None:
    """Have the emulator; a test that cannot have it fails by the name of the package."""
    if packages := debian.missing(debian.EMULATION):
        debian.install(packages)


def here(graph: Path, feed: dict[str, np.ndarray], folder: Path) -> list[np.ndarray]:
    """Outputs on this machine's own CPU."""
    return _answers([], graph, feed, folder)


def on_an_older_cpu(graph: Path, feed: dict[str, np.ndarray], folder: Path) -> list[np.ndarray]:
    """Outputs on CPU."""
    return _answers(["qemu-x86_64", "-cpu", CPU], graph, feed, folder)


def _answers(emulator: list[str], graph: Path, feed: dict[str, np.ndarray], folder: Path) -> list[np.ndarray]:
    np.savez(folder / "feed.npz", **feed)
    python = str(Path(sys.executable).resolve())
    environment = {
        **os.environ,
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "ORT_DISABLE_TELEMETRY": "1",
        # numpy's own library chooses its kernels as the emulated CPU can run them.
        "OPENBLAS_CORETYPE": CPU,
    }
    command = [*emulator, python, "-c", PROGRAM, graph, folder / "feed.npz", folder / "answers.npz"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert not done.returncode, done.stderr
    with np.load(folder / "answers.npz") as answers:
        return [answers[name] for name in answers.files]
