"""How servers of one revision replace those of another: with a server more meanwhile, or one less. Pure.

    rolling    a successor is ready before anybody leaves    needs room for one more
    recreate   each leaves before its successor starts       needs none; a single server is away meanwhile

Kubernetes starts one more whether there is room or not, and waits for ever on the last GPU. So `auto` looks first
whether one is free (`Observed.room`); where that cannot be seen, the scheduler's own verdict on the first new server
decides. What is chosen stays until the rollout is over.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from model_operator import kinds
from model_operator.api import rollouts
from model_operator.deployments import revisions, state

ROLLING, RECREATE, CANARY, AUTO = "rolling", "recreate", "canary", "auto"


@dataclasses.dataclass(frozen=True)
class Strategy:
    """What was chosen, and why, where nobody asked for it."""

    name: str
    message: str = ""

    @property
    def rolling_update(self) -> dict[str, int]:
        """As a Deployment says it."""
        return {"maxSurge": 0, "maxUnavailable": 1} if self.name == RECREATE else {"maxSurge": 1, "maxUnavailable": 0}


def choose(observed: state.Observed, revision: revisions.Revision, asked: rollouts.Strategy, replicas: int) -> Strategy:
    """How the stable track comes to a revision."""
    if asked in (ROLLING, RECREATE):
        return Strategy(asked)
    if told := _as_before(observed, revision.name):
        return told
    if observed.server is None:
        return Strategy(ROLLING)
    resources = set(gpus(revision.template))
    taken = resources and (_no_room(observed, revision.name) or _waits_for(observed, revision.name, resources))
    return Strategy(RECREATE, _why(taken, replicas)) if taken else Strategy(ROLLING)


def gpus(template: dict[str, Any]) -> Iterator[str]:
    """Extended resources that the containers of a pod ask for, GPUs as a rule: `nvidia.com/gpu`."""
    for container in template["spec"]["containers"]:
        for name in (container.get("resources") or {}).get("limits") or {}:
            domain, slash, _ = name.partition("/")
            if slash and not f".{domain}".endswith(".kubernetes.io"):
                yield name


def _as_before(observed: state.Observed, revision: str) -> Strategy | None:
    """Recreating goes on as it began: once a server has left, there is room, and the next one would have none again."""
    last = observed.status.rollout
    if last is None or not last.message or (last.revision, last.strategy) != (revision, RECREATE):
        return None  # what was asked for then is asked for no more
    return Strategy(RECREATE, last.message)


def _no_room(observed: state.Observed, revision: str) -> str:
    """Seen before anything was started."""
    return "no node has a free one" if observed.room is False and observed.deployed != revision else ""


def _waits_for(observed: state.Observed, revision: str, resources: set[str]) -> str:
    """The scheduler says so of a server that was started, while those that it is to replace hold theirs."""
    counts = (observed.server or {}).get("status") or {}
    if counts.get("replicas", 0) <= counts.get("updatedReplicas", 0):
        return ""
    for pod in observed.pods_of(revision):
        words = (kinds.condition(pod, "PodScheduled", "False") or {}).get("message", "")
        if any(f"Insufficient {resource}" in words for resource in resources):
            return f"the scheduler says: {words}"
    return ""


def _why(taken: str, replicas: int) -> str:
    away = " With one server the model is away meanwhile." if replicas == 1 else ""
    return (
        f"GPUs are taken ({taken}): each server stops before its successor starts, one at a time.{away}"
        " spec.serving.rollout.strategy: rolling waits for a free one"
    )
