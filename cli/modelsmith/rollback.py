"""modelsmith rollback: serve an earlier revision, whatever the spec asks for. Sets spec.serving.rollout.pin."""

import argparse
import sys
from typing import Any

from modelsmith import cluster, errors

EXAMPLE = """\
examples:
  modelsmith rollback digits                          the revision that served before the present one
  modelsmith rollback digits --to digits-0a1b2c3d4e   that one
  modelsmith promote digits                           serve what the spec asks for again
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "rollback",
        help="have a model in a cluster serve an earlier revision",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="the ModelDeployment")
    parser.add_argument("--to", metavar="REVISION", help="one of .status.history; default: the one before the present")
    cluster.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Choose, say, ask."""
    found = cluster.read([options.name], options.namespace)[options.name]
    status = found.get("status") or {}
    serves = (status.get("rollout") or {}).get("revision", "")
    chosen = earlier(status.get("history") or [], serves, options.to)
    since = f"which served from {chosen['since']}"
    sys.stdout.write(f"{options.name}: revision {chosen['revision']}, {since}, in place of {serves or 'none'}\n")
    if cluster.only_said(options):
        return 0
    pin = {"spec": {"serving": {"rollout": {"pin": chosen["revision"]}}}}
    cluster.patch(options.name, pin, options.namespace)
    sys.stdout.write(
        f"Pinned by spec.serving.rollout.pin. Until it serves: {cluster.follow([options.name], options.namespace)}\n"
        "Where the spec comes from a repository, write the pin there too: else it is taken back from there.\n"
    )
    return 0


def earlier(history: list[dict[str, Any]], serves: str, asked: str | None) -> dict[str, Any]:
    """The entry that is asked for, or the newest that does not serve. SaidError when there is none."""
    others = [entry for entry in history if entry["revision"] != serves]
    named = [entry for entry in history if entry["revision"] == asked] if asked else others
    if named:
        return named[0]
    there = ", ".join(entry["revision"] for entry in history) or "none"
    if asked:
        raise errors.SaidError(f"revision {asked} has not served; those that have: {there}")
    raise errors.SaidError(f"there is no other revision to go back to; those that have served: {there}")
