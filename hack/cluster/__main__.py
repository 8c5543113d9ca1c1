"""The command line: `python3 hack/cluster VERB`."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

# Started by its directory, Python has put that directory on the path, where its
# modules would hide the standard library's of the same name. Its parent belongs
# there: then this is the package `cluster`, as the tests import it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from cluster import (  # noqa: E402
    adding,
    addons,
    building,
    caretaking,
    environment,
    errors,
    images,
    keda,
    layout,
    locking,
    monitoring,
    preflight,
    starting,
    statuses,
    stopping,
)
from cluster.steps import step  # noqa: E402


def main() -> int:
    """Run one verb; return the exit status."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments) or 0)
    except errors.ClusterError as failure:
        sys.stderr.write(f"error: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; `up` continues, `down` stops what runs\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 hack/cluster", description="A real Kubernetes for demo and tests.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: object, words: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=words, description=words)
        added.set_defaults(run=run)
        return added

    verb("build", _build, "Build the Go programs, once.")
    verb("up", _up, "Have the cluster running.")
    down = verb("down", _down, "Stop the cluster.")
    down.add_argument("--purge", action="store_true", help="delete its data as well")
    for add_on, words in (
        (monitoring.ADD_ON, "Have Prometheus, its adapter and metrics-server running beside the cluster."),
        (keda.ADD_ON, "Have KEDA running beside the cluster."),
    ):
        added = verb(add_on.name, functools.partial(_add, add_on), words)
        added.add_argument("--down", action="store_true", help="take it away instead")
    verb("status", lambda _: statuses.show(), "Show every part; status 0 when all is well.")
    verb("kubeconfig", lambda _: print(layout.kubeconfig()), "Print the kubeconfig's path.")
    verb("env", lambda _: print(environment.exports()), "Print shell lines for `eval`.")
    _add_images(verb("images", lambda each: images.images(_choice(each)), "Build the images."))
    caretake = verb("caretake", lambda each: caretaking.loop(each.ready), "Used by `up`.")
    caretake.add_argument("ready", type=Path, help="file to touch after the first round")
    return parser


def _add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, default=images.DOCKERFILE, help="the Dockerfile")
    parser.add_argument("--target", action="append", help="one of its targets (repeatable)")


def _choice(arguments: argparse.Namespace) -> images.Choice:
    return images.Choice(arguments.file.resolve(), tuple(arguments.target or ()))


def _up(_: argparse.Namespace) -> None:
    preflight.require_machine()
    preflight.claim_directory()
    with locking.alone(layout.LOCK):
        starting.up()


def _down(arguments: argparse.Namespace) -> None:
    preflight.require_machine()
    preflight.require_own_directory()
    with locking.alone(layout.LOCK):
        stopping.down(purge=arguments.purge)
        layout.LOCK.unlink()


def _add(add_on: addons.AddOn, arguments: argparse.Namespace) -> None:
    preflight.require_machine()
    preflight.require_own_directory()
    with locking.alone(layout.LOCK):
        (adding.down if arguments.down else adding.up)(add_on, starting.keeper())


def _build(_: argparse.Namespace) -> None:
    with step("programs", "built"):
        building.ensure_all()


if __name__ == "__main__":
    sys.exit(main())
