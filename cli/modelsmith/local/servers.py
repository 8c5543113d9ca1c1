"""Which Triton answers on this machine, and how it is started.

    1. --tritonserver PATH
    2. --triton-python PYTHON, or MODELSMITH_TRITON_PYTHON: the development server in that environment
    3. tritonserver on PATH
    4. the development server, installed on first use

The first that is said or found; one that is said and not there is an error.
"""

import argparse
import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from model_serving import development
from modelsmith import errors
from modelsmith.local import families, folders, wheels

PYTHON_VARIABLE = "MODELSMITH_TRITON_PYTHON"
#: Lines of a log that are worth showing.
TAIL = 15


@dataclasses.dataclass(frozen=True)
class Program:
    """A tritonserver; for the development server the Python that holds it."""

    path: Path
    development: bool

    def start(self, family: families.Family, flags: Sequence[str], work: Path, name: str) -> "Server":
        """Start it with these flags."""
        log = work / f"{name}.log"
        argv, env = [str(self.path), *flags], dict(os.environ)
        if self.development:
            scratch = work / name
            scratch.mkdir()
            regions = f"--backend-config=python,shm-region-prefix-name={folders.shared_memory(work)}{name}-"
            argv, env = development.command(self.path, scratch, [*flags, regions])
        return Server(family.start(argv, env, log, work), log)


@dataclasses.dataclass(frozen=True)
class Server:
    """A process, and what it says."""

    process: families.Process
    log: Path

    def check(self) -> None:
        """Raise SaidError with its last words once it has ended."""
        if self.process.poll() is not None:
            raise errors.SaidError(f"{self.log.stem} {families.ended(self.process.returncode)}:\n{tail(self.log)}")


def find(options: argparse.Namespace, say: Callable[[str], None]) -> Program:
    """The server that is meant. Raises SaidError."""
    if options.tritonserver:
        return Program(_executable("--tritonserver", options.tritonserver), development=False)
    if given := options.triton_python or os.environ.get(PYTHON_VARIABLE):
        program = Program(_executable("--triton-python", given), development=True)
    elif found := shutil.which("tritonserver"):
        return Program(Path(found), development=False)
    else:
        program = Program(wheels.interpreter(say), development=True)
    say(development.WARNING)
    return program


def _executable(option: str, path: str) -> Path:
    found = shutil.which(path)
    if found is None:
        raise errors.SaidError(f"{option} {path}: there is no such program")
    # Not resolved: the python of an environment is a link, and finds the environment by where the link lies.
    return Path(found).absolute()


def tail(log: Path) -> str:
    """The end of a log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in lines[-TAIL:]) or "  it said nothing"
