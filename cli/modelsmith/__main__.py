"""The command line. Only what every verb needs is imported here: --help is quick, and torch is never loaded."""

import argparse
import importlib.metadata
import sys

from modelsmith import build, errors, predict, promote, report, rollback, run, upgrade

#: Each has `configure(verbs)`, which names the function to run in `run`.
VERBS = (run, build, predict, report, upgrade, rollback, promote)


def main() -> int:
    """Run one verb; 0 when it did what was asked, 1 when not, 2 when it was asked wrongly."""
    options = parser().parse_args()
    try:
        code: int = options.run(options)
    except errors.SaidError as error:
        sys.stderr.write(f"modelsmith {options.verb}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    """All verbs."""
    result = argparse.ArgumentParser(prog="modelsmith", description="From a checkpoint to a verified Triton service.")
    result.add_argument("--version", action="version", version=f"modelsmith {version()}")
    verbs = result.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        verb.configure(verbs)
    return result


def version() -> str:
    """Of the installed distribution."""
    try:
        return importlib.metadata.version("modelsmith")
    except importlib.metadata.PackageNotFoundError:
        return "(run from its source, not installed)"


if __name__ == "__main__":
    sys.exit(main())
