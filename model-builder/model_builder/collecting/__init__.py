"""`python -m model_builder gc`: remove artifacts that nothing needs. What is needed, others know.

    a folder      told what to keep: a list, written by whoever sees all users of the store
    a registry    told what to delete: nobody sees all users of a repository

What is not understood stays: a list of another run, a file of another name, an image that is no artifact.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from model_builder import contract, errors, stepping
from model_builder.collecting import folders, repositories
from model_builder.publishing import stores

VERB = "gc"


def main(arguments: Sequence[str]) -> int:
    """Collect; the exit code is a contract.ExitCode. The last line on standard error says what went wrong."""
    options = parser().parse_args(arguments)
    try:
        collect(options)
    except errors.BuildError as error:
        return _fail(f"{error.failure.message}. {error.failure.next_step}".rstrip(". "), error.exit_code)
    except OSError as error:
        code = contract.ExitCode.STORE_FULL if error.errno in stepping.FULL else contract.ExitCode.TRANSIENT
        return _fail(str(error), code)
    except Exception as error:  # noqa: BLE001 - the edge: whatever happened must reach the log
        traceback.print_exception(error, file=sys.stderr)
        return _fail(repr(error), contract.ExitCode.INTERNAL)
    return contract.ExitCode.DONE


def collect(options: argparse.Namespace) -> None:
    """In the store that is meant. Raises errors.BuildError, OSError."""
    if options.store.startswith(stores.OCI):
        repositories.remove(options.store.removeprefix(stores.OCI), options.remove, plain_http=options.plain_http)
    elif options.list is None or options.before is None:
        parser().error("a folder is collected by --list, --run and --before")
    else:
        folders.collect(Path(options.store), options.list, options.run, options.before)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog=f"model_builder {VERB}", description="Remove artifacts that nothing needs.")
    made.add_argument("--store", required=True, help="the artifact store: a folder, or oci://repository")
    made.add_argument("--list", type=Path, help="folder with the files keep and run")
    made.add_argument("--run", default="", help="which run this is: the list must be of the same")
    made.add_argument("--before", type=folders.seconds, help="what was touched since this time (RFC 3339) stays")
    made.add_argument("--remove", action="append", default=[], help="an artifact to delete from the repository")
    made.add_argument("--plain-http", action="store_true", help="speak HTTP without TLS with that repository")
    return made


def _fail(message: str, code: contract.ExitCode) -> int:
    sys.stderr.write(f"gc: {message}\n")
    return code
