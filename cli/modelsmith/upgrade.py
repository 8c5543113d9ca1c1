"""modelsmith upgrade: have models take what a newer operator brings. Says first what changes; asks through kubectl."""

import argparse
import datetime as dt
import sys
from typing import Any

from modelsmith import cluster, errors

#: As model_operator.names spells it; a test compares.
ANNOTATION = "modelsmith.dev/upgradedAt"
EXAMPLE = """\
examples:
  modelsmith upgrade digits                    in the namespace of kubectl's context
  modelsmith upgrade digits -n team --dry-run  say what would change, and change nothing
  modelsmith upgrade --all -n team             every model of the namespace for which there is something new
"""


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "upgrade",
        help="have models in a cluster take what a newer operator brings",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="ModelDeployments")
    parser.add_argument("--all", action="store_true", help="all of the namespace")
    cluster.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, say, ask."""
    if options.all == bool(options.names):
        raise errors.SaidError("name the ModelDeployments to upgrade, or give --all")
    news = {name: available(found) for name, found in cluster.read(options.names, options.namespace).items()}
    for name, words in news.items():
        sys.stdout.write(f"{name}: {words or 'nothing is new'}\n")
    chosen = [name for name, words in news.items() if words]
    if not chosen:
        return 0
    if cluster.only_said(options):
        return 0
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.annotate(chosen, ANNOTATION, now, options.namespace)
    sys.stdout.write(f"Asked of {', '.join(chosen)}. Until it is done: {cluster.follow(chosen, options.namespace)}\n")
    return 0


def available(found: dict[str, Any]) -> str:
    """What the operator has that the model does not use yet, in the operator's words; empty when nothing is."""
    conditions = (found.get("status") or {}).get("conditions") or []
    told = (one for one in conditions if (one["type"], one["status"]) == ("UpdateAvailable", "True"))
    return next((str(one["message"]) for one in told), "")
