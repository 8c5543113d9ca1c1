"""The example's model, trained once for each version of the example and kept outside the checkout."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from cluster import pins
from e2e import installing

EXAMPLE = installing.ROOT / "examples" / "digits"
MANIFEST = EXAMPLE / "modeldeployment.yaml"


def folder() -> Path:
    """Where the trained files lie."""
    sources = b"".join(path.read_bytes() for path in sorted(EXAMPLE.glob("*.py")))
    target = pins.cache_directory() / "digits" / hashlib.sha256(sources).hexdigest()[:12]
    if not target.exists():
        train(target)
    return target


def train(target: Path) -> None:
    """As the example's reader does it; whoever sees the folder sees all of it."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([sys.executable, EXAMPLE / "train.py", fresh], env=environment, check=True)
    fresh.replace(target)


def files() -> dict[str, bytes]:
    """What goes into the ConfigMap."""
    return {path.name: path.read_bytes() for path in folder().iterdir() if path.is_file()}
