"""What a process of ours finds in its environment, and which Python packages must be there."""

import importlib.util
import os
import site
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from modelsmith import errors

#: All that a step inherits. A list of what is let through, because nobody can list what credentials are called.
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
#: What the extras builder and serving bring, by the names under which it is imported.
NEEDED = (
    "aiohttp",
    "jinja2",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "onnxslim",
    "safetensors",
    "scipy",
    "torch",
    "tritonclient",
)


def require(packages: Iterable[str]) -> None:
    """Raise SaidError unless this Python has them all; none is imported."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise errors.SaidError(
            f"{sys.executable} has no {', '.join(missing)}: building and serving on this machine needs them. Install "
            "them with: pip install 'modelsmith[builder,serving,cli]'"
        )


def python(module: str) -> list[str]:
    """How a module of ours is started as a program, by this very Python."""
    return [sys.executable, "-m", module]


def of_ours(work: Path) -> dict[str, str]:
    """For a step and for the sentinel: no credentials, no home, temporary files where they are removed."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": _absolute(os.environ),
        # Packages that a user installed for himself lie below the true home.
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONUNBUFFERED": "1",
    }


def _absolute(variables: Mapping[str, str]) -> str:
    """PYTHONPATH as it is here: the process stands in another folder."""
    given = variables.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(str(Path(folder).resolve()) for folder in given if folder)
