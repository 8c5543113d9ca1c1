"""The development server's Python environment, made on first use from its lock file: version and hash of every wheel.

It lies where `hack/environment.py triton-dev` keeps it, so a checkout and an installed Modelsmith share one.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import model_serving
from modelsmith import errors
from modelsmith.local import folders

NAME = "triton-dev"
#: Where the lock lies in a wheel, and in a checkout.
PACKAGE = Path(model_serving.__file__).parent
LOCKS = (PACKAGE / f"{NAME}.txt", PACKAGE.parents[1] / "requirements" / f"{NAME}.txt")
COMPLETE = "complete"


def interpreter(say: Callable[[str], None]) -> Path:
    """The environment's python. Raises SaidError."""
    lock = next((path for path in LOCKS if path.is_file()), LOCKS[0])
    home = place(lock)
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f"{NAME}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (home / COMPLETE).exists():
            say(f"making the environment of the development server, once (about 100 MB): {home}")
            make(home, lock)
    return home / "bin" / "python"


def place(lock: Path) -> Path:
    """By the content of the lock and the version of Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        content = lock.read_bytes()
    except OSError as error:
        words = f"the development server's lock file {lock} cannot be read: {error.strerror}"
        raise errors.SaidError(words) from error
    return folders.cache() / "env" / f"{NAME}-{hashlib.sha256(content + version.encode()).hexdigest()[:12]}"


def make(home: Path, lock: Path) -> None:
    """Install the lock file into a new environment; a half-made one is removed first. Raises SaidError."""
    shutil.rmtree(home, ignore_errors=True)
    pip = (home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(sys.executable, "-m", "venv", home)
    _run(*pip, "--no-deps", "--require-hashes", "--requirement", lock)
    (home / COMPLETE).touch()


def _run(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise errors.SaidError(
            f"the environment of the development server cannot be made: `{' '.join(map(str, command))}` says:\n"
            f"{(done.stderr or done.stdout).strip()}\n"
            "Its wheels are for Python 3.11 and 3.12. With another server, or an environment of your own: "
            "--tritonserver PATH, or --triton-python PYTHON"
        )
