"""`make local`: the example from its folder to an answer, without Kubernetes."""

import os
import subprocess
import sys
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_is_quantized_served_and_right(tmp_path):
    triton = environment.interpreter("triton-dev")
    done = subprocess.run(
        [sys.executable, ROOT / "hack/local", "--once"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "MODELSMITH_TRITON_PYTHON": str(triton)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "int8Static: passed" in done.stdout
    assert "top class: 2, and the true label is 2\n" in done.stdout
    assert done.stderr.endswith("stopped: nothing of it runs any more\n")
