"""What `build` and `run` have in common: options, what must be there before they start, and what goes at the end."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelsmith import specs
    from modelsmith.local import building, servers


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("-f", "--file", required=True, metavar="FILE", help="the ModelDeployment (- is standard input)")
    parser.add_argument("--name", help="which one, where the file holds several")
    parser.add_argument(
        "--source",
        type=Path,
        metavar="DIR",
        help="the model's files: the folder that is the ConfigMap or the claim in a cluster (default: the ConfigMap of "
        "that name in FILE)",
    )
    parser.add_argument("--tritonserver", metavar="PATH", help="a tritonserver (default: the one on PATH)")
    parser.add_argument(
        "--triton-python",
        metavar="PYTHON",
        help="without one: Python of an environment with the development server (default: MODELSMITH_TRITON_PYTHON, or "
        "one that is made on first use)",
    )
    parser.add_argument("--verbose", action="store_true", help="show all that the steps say")


def read(options: argparse.Namespace) -> "specs.Asked":
    """What is asked, where it can be carried out by this Python. Raises SaidError."""
    from modelsmith import specs
    from modelsmith.local import environments

    asked = specs.read(options.file, options.name)
    environments.require(environments.NEEDED)
    return asked


@contextlib.contextmanager
def opened(asked: "specs.Asked", source: Path | None, program: "servers.Program | None") -> Iterator["building.Job"]:
    """All that a build needs; afterwards no process and no temporary file of it is left. Raises SaidError."""
    from modelsmith.local import building, families, folders, sources

    with folders.work() as work, families.Family() as family:
        yield building.Job(asked, sources.folder(asked, source, work / "source"), work, family, program)


def say(text: str) -> None:
    """A line beside the results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
