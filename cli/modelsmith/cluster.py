"""Models in a cluster, through kubectl: it knows clusters, contexts and credentials."""

import argparse
import json
import subprocess
import sys
from typing import Any

from modelsmith import errors

RESOURCE = "modeldeployments.modelsmith.dev"
#: Seconds that kubectl may take.
PATIENCE = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every verb that changes a cluster takes."""
    parser.add_argument("-n", "--namespace", metavar="NAMESPACE", help="default: that of kubectl's context")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")


def only_said(options: argparse.Namespace) -> bool:
    """Whether it ends here, with nothing changed; says so."""
    if options.dry_run:
        sys.stdout.write("Nothing was changed (--dry-run).\n")
    return bool(options.dry_run)


def where(namespace: str | None) -> list[str]:
    """Words for kubectl: this namespace, or that of its context."""
    return ["-n", namespace] if namespace else []


def read(names: list[str], namespace: str | None) -> dict[str, dict[str, Any]]:
    """The ModelDeployments by name: these, or all of the namespace."""
    content = json.loads(kubectl("get", RESOURCE, *names, "-o", "json", *where(namespace)))
    items = content["items"] if content["kind"].endswith("List") else [content]
    if not items:
        raise errors.SaidError("there is no ModelDeployment in this namespace; name another with -n")
    return {item["metadata"]["name"]: item for item in items}


def annotate(names: list[str], annotation: str, value: str, namespace: str | None) -> None:
    """Set an annotation of ModelDeployments."""
    kubectl("annotate", RESOURCE, *names, f"{annotation}={value}", "--overwrite", *where(namespace))


def patch(name: str, change: dict[str, Any], namespace: str | None) -> None:
    """Merge a change into a ModelDeployment."""
    kubectl("patch", RESOURCE, name, "--type=merge", "-p", json.dumps(change), *where(namespace))


def follow(names: list[str], namespace: str | None) -> str:
    """How a person waits for ModelDeployments."""
    words = ["kubectl wait", *(f"mdep/{name}" for name in names), *where(namespace)]
    return f"{' '.join(words)} --for=condition=Ready --timeout=1h"


def kubectl(*words: str) -> str:
    """Standard output of kubectl. SaidError with its words."""
    try:
        done = subprocess.run(["kubectl", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise errors.SaidError(
            "there is no kubectl on PATH, and this verb speaks to a cluster through it.\n"
            "Install kubectl, or change the ModelDeployment in another way: docs/rollouts.md, docs/upgrading.md."
        ) from None
    except subprocess.TimeoutExpired:
        raise errors.SaidError(f"kubectl {words[0]} has not ended in {PATIENCE} s: does the cluster answer?") from None
    if done.returncode:
        raise errors.SaidError(f"kubectl {words[0]} says: {done.stderr.strip()}")
    return done.stdout
