"""modelsmith upgrade: have models take what a newer operator brings. Says first what changes; asks through kubectl."""

import argparse
import datetime as dt
import json
import subprocess
import sys
from typing import Any

from modelsmith import errors

RESOURCE = "modeldeployments.modelsmith.dev"
#: As model_operator.names spells it; a test compares.
ANNOTATION = "modelsmith.dev/upgradedAt"
#: Seconds that kubectl may take.
PATIENCE = 60
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
    parser.add_argument("-n", "--namespace", metavar="NAMESPACE", help="default: that of kubectl's context")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, say, ask."""
    if options.all == bool(options.names):
        raise errors.SaidError("name the ModelDeployments to upgrade, or give --all")
    where = ["-n", options.namespace] if options.namespace else []
    news = {name: available(found) for name, found in read(options.names, where).items()}
    for name, words in news.items():
        sys.stdout.write(f"{name}: {words or 'nothing is new'}\n")
    chosen = [name for name, words in news.items() if words]
    if not chosen:
        return 0
    if options.dry_run:
        sys.stdout.write("Nothing was changed (--dry-run).\n")
        return 0
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kubectl("annotate", RESOURCE, *chosen, f"{ANNOTATION}={now}", "--overwrite", *where)
    follow = " ".join(["kubectl wait", *(f"mdep/{name}" for name in chosen), *where])
    sys.stdout.write(f"Asked of {', '.join(chosen)}. Until it is done: {follow} --for=condition=Ready --timeout=1h\n")
    return 0


def read(names: list[str], where: list[str]) -> dict[str, dict[str, Any]]:
    """The ModelDeployments by name: these, or all of the namespace."""
    content = json.loads(kubectl("get", RESOURCE, *names, "-o", "json", *where))
    items = content["items"] if content["kind"].endswith("List") else [content]
    if not items:
        raise errors.SaidError("there is no ModelDeployment in this namespace; name another with -n")
    return {item["metadata"]["name"]: item for item in items}


def available(found: dict[str, Any]) -> str:
    """What the operator has that the model does not use yet, in the operator's words; empty when nothing is."""
    conditions = (found.get("status") or {}).get("conditions") or []
    told = (one for one in conditions if (one["type"], one["status"]) == ("UpdateAvailable", "True"))
    return next((str(one["message"]) for one in told), "")


def kubectl(*words: str) -> str:
    """Standard output of kubectl, which knows clusters, contexts and credentials. SaidError with its words."""
    try:
        done = subprocess.run(["kubectl", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise errors.SaidError(
            "there is no kubectl on PATH, and this verb speaks to a cluster through it.\n"
            f"Install kubectl, or set the annotation {ANNOTATION} to a new value in another way."
        ) from None
    except subprocess.TimeoutExpired:
        raise errors.SaidError(f"kubectl {words[0]} has not ended in {PATIENCE} s: does the cluster answer?") from None
    if done.returncode:
        raise errors.SaidError(f"kubectl {words[0]} says: {done.stderr.strip()}")
    return done.stdout
