"""`python -m model_builder STEP`: one of the four containers of a build pod. `gc`: the one of a collecting Job."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model_builder import collecting, contract, places, stepping

MOUNT = Path("/modelsmith")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step, or collect; the exit code is a contract.ExitCode."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [collecting.VERB]:
        return collecting.main(words[1:])
    options = vars(parser().parse_args(words))
    step = contract.Step(options.pop("step"))
    return stepping.run(step, places.Places(**options))


def parser() -> argparse.ArgumentParser:
    """The command line. Its defaults are the mounts of the build pod."""
    made = argparse.ArgumentParser(prog="model_builder", description="One step of a build.")
    made.add_argument("step", choices=[step.value for step in contract.Step])
    made.add_argument("--request", type=Path, default=MOUNT / "request" / "request.json", help="what to build")
    made.add_argument("--source", type=Path, default=MOUNT / "source", help="where the source is")
    made.add_argument("--store", default=str(MOUNT / "store"), help="the artifact store: a folder, or oci://repository")
    made.add_argument("--plain-http", action="store_true", help="speak HTTP without TLS with that repository")
    for step in ("fetched", "converted", "optimized"):
        made.add_argument(f"--{step}", type=Path, default=MOUNT / step, help=f"the volume of what is {step}")
    made.add_argument("--triton", default="localhost:8001", help="gRPC address of the server; empty for no check")
    made.add_argument("--triton-timeout", type=float, default=120, help="seconds to wait for the server")
    made.add_argument("--termination-log", type=Path, default=Path("/dev/termination-log"), help="for the report")
    return made


if __name__ == "__main__":
    sys.exit(main())
