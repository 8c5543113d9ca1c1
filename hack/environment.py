"""The project's Python environments, made once per lock file and kept outside the checkout.

    python3 hack/environment.py dev          prints the interpreter of the environment locked in requirements/dev.txt
    python3 hack/environment.py --lock       resolves every lock file anew

An environment lives under the user's cache directory, named by the digest of its lock file: two checkouts
with the same lock share it, and a changed lock makes a new one. The standard library alone runs this file,
because it runs before anything is installed. Progress goes to stderr, the path to stdout.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "modelsmith"
#: Lock file -> what goes in. dev is resolved first: every other lock is constrained to its versions.
LOCKS: dict[str, list[str]] = {
    "dev": ["pyproject.toml", "--all-extras"],
    "operator": ["pyproject.toml", "--extra=operator"],
    "builder": ["pyproject.toml", "--extra=builder"],
    "serving": ["pyproject.toml", "--extra=serving"],
    "build": ["requirements/build.in"],
    "triton-dev": ["requirements/triton-dev.in"],
}
#: numpy 1 lives in triton-dev alone, so that lock stands by itself.
UNCONSTRAINED = ("dev", "triton-dev", "build")
#: Its input names all that the server needs; what the wheel declares besides is for another use of it.
BARE = ("triton-dev",)


def main() -> None:
    """Print one environment's interpreter, or lock anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=[*LOCKS], default="dev")
    parser.add_argument("--lock", action="store_true", help="resolve every lock file anew")
    arguments = parser.parse_args()
    if arguments.lock:
        lock_all()
    else:
        sys.stdout.write(f"{interpreter(arguments.name)}\n")


def interpreter(name: str) -> Path:
    """The environment's python, made on first use."""
    lock = REQUIREMENTS / f"{name}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()[:12]
    home = CACHE / "env" / f"{name}-{digest}"
    with exclusive(CACHE / "env" / f"{name}.lock"):
        if not (home / "complete").exists():
            make(home, lock)
    return home / "bin" / "python"


def make(home: Path, lock: Path) -> None:
    """Install a lock file into a new environment; a half-made one is removed first."""
    shutil.rmtree(home, ignore_errors=True)
    say(f"making the environment of {lock.name} in {home}")
    uv = installer()
    run(uv, "venv", "--quiet", "--python", sys.executable, home)
    run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", home / "bin" / "python", lock)
    (home / "complete").touch()


def installer() -> Path:
    """Uv at its pin, in an environment of its own."""
    pin = (REQUIREMENTS / "uv.txt").read_text()
    home = CACHE / "env" / f"uv-{hashlib.sha256(pin.encode()).hexdigest()[:12]}"
    with exclusive(CACHE / "env" / "uv.lock"):
        if not (home / "complete").exists():
            venv.create(home, clear=True, with_pip=True)
            run(
                home / "bin" / "python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                REQUIREMENTS / "uv.txt",
            )
            (home / "complete").touch()
    return home / "bin" / "uv"


def lock_all() -> None:
    """Resolve each lock file; what it writes names packages, versions and hashes, and no registry."""
    for name, inputs in LOCKS.items():
        options = [] if name in UNCONSTRAINED else ["--constraint", "requirements/dev.txt"]
        options += ["--no-deps"] if name in BARE else []
        run(
            installer(),
            "pip",
            "compile",
            "--quiet",
            *inputs,
            *options,
            "--generate-hashes",
            "--no-header",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-annotate",
            "--python-version",
            "3.11",
            "--output-file",
            f"requirements/{name}.txt",
        )
        say(f"locked requirements/{name}.txt")


class exclusive:  # noqa: N801 - reads as a verb where it is used
    """Hold a lock file: two runs must not make the same environment."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when entered."""
        self.path = path

    def __enter__(self) -> None:
        """Wait for the lock."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        """Closing the file gives the lock back."""
        self.file.close()


def run(*command: str | Path) -> None:
    """Run, with the output on stderr; a failure ends this program with the command's own words above it."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, stdout=sys.stderr, check=False)
    if result.returncode:
        sys.exit(f"failed: {' '.join(str(part) for part in command)}")


def say(text: str) -> None:
    """One line to the person who waits."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
