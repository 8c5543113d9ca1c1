"""modelsmith promote: end a canary well, now; or clear a pin, so that what the spec asks for serves again."""

import argparse
import sys
from typing import Any

from modelsmith import cluster, errors

#: As model_operator.names spells it; a test compares.
ANNOTATION = "modelsmith.dev/promote"


def configure(verbs: Any) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "promote", help="end a model's canary well, or clear its pin, in a cluster", description=__doc__
    )
    parser.add_argument("name", metavar="NAME", help="the ModelDeployment")
    cluster.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find what there is to promote, say so, ask."""
    found = cluster.read([options.name], options.namespace)[options.name]
    pin, canary = _field(found, "spec", "serving", "rollout", "pin"), _field(found, "status", "rollout", "canary")
    if not pin and not canary:
        raise errors.SaidError(_nothing(found))
    what = f"clear the pin to {pin}" if pin else f"end the canary of {canary['revision']} at step {canary['step']}"
    sys.stdout.write(f"{options.name}: {what}\n")
    if cluster.only_said(options):
        return 0
    if pin:
        cluster.patch(options.name, {"spec": {"serving": {"rollout": {"pin": None}}}}, options.namespace)
    else:
        cluster.annotate([options.name], ANNOTATION, canary["revision"], options.namespace)
    sys.stdout.write(f"Asked. Until it serves: {cluster.follow([options.name], options.namespace)}\n")
    return 0


def _nothing(found: dict[str, Any]) -> str:
    """Why there is nothing to promote; a revision that was sent back has a way of its own."""
    rejected = _field(found, "status", "rollout", "rejected")
    if not rejected:
        return "no canary runs, and no revision is pinned: what the spec asks for serves, or is being rolled out"
    return (
        f"revision {rejected['revision']} was rolled back ({rejected['reason']}: {rejected['message']}).\n"
        "Change the spec; or have it tried again: kubectl annotate "
        f'{cluster.RESOURCE} {found["metadata"]["name"]} modelsmith.dev/requestedAt="$(date --iso-8601=seconds)"'
        " --overwrite"
    )


def _field(value: Any, *path: str) -> Any:
    """A field that need not be there."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
