"""How servers of one revision replace those of another: with a server more meanwhile, or one less. Pure.

    rolling    a successor is ready before anybody leaves    needs room for one more
    recreate   each leaves before its successor starts       needs none; a single server is away meanwhile

Kubernetes starts one more whether there is room or not, and waits for ever on the last GPU. So `auto` looks first
whether one is free (`Observed.room`); where that cannot be seen, the scheduler's own verdict on the first new server
decides. A server only leaves for one that could take its place: for a GPU that no node has, nobody is stopped. What is
chosen stays until the rollout is over.
"""

import dataclasses
import decimal
from collections.abc import Iterable, Iterator
from typing import Any

from model_operator import kinds, names
from model_operator.api import quantities, rollouts
from model_operator.deployments import revisions, state

ROLLING, RECREATE = "rolling", "recreate"
FIRST = (
    "spec.serving.rollout.strategy is canary, and no revision has served yet that this one could be held against: it is"
    " rolled out at once, and the next is tried"
)
#: What decides where a pod may run.
_PLACEMENT = ("nodeSelector", "affinity", "tolerations", "runtimeClassName", "schedulerName", "resourceClaims")


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
    if asked == "canary" and all(entry.revision == revision.name for entry in observed.status.history):
        return Strategy(ROLLING, FIRST)
    if observed.server is None:
        return Strategy(ROLLING)
    resources = gpus(revision.template)
    if not resources or not any(_takes_the_place(revision, old) for old in _replaced(observed, revision.name)):
        return Strategy(ROLLING)
    taken = _no_room(observed, revision.name) or _waits_for(observed, revision.name, resources)
    return Strategy(RECREATE, _why(taken, replicas)) if taken else Strategy(ROLLING)


def gpus(template: dict[str, Any]) -> dict[str, decimal.Decimal]:
    """Extended resources that the containers of a pod ask for, GPUs as a rule: `nvidia.com/gpu` -> how many."""
    found: dict[str, decimal.Decimal] = {}
    for container in template["spec"]["containers"]:
        for name, amount in ((container.get("resources") or {}).get("limits") or {}).items():
            domain, slash, _ = name.partition("/")
            if slash and not f".{domain}".endswith(".kubernetes.io"):
                found[name] = found.get(name, decimal.Decimal()) + quantities.amount(amount)
    return found


def _replaced(observed: state.Observed, revision: str) -> Iterator[revisions.Revision]:
    """The revisions whose servers it replaces."""
    running = {str((pod["metadata"].get("labels") or {}).get(names.REVISION, "")) for pod in observed.pods}
    for name in sorted({observed.deployed, *running} - {revision, ""}):
        if kept := revisions.kept(observed, name):
            yield kept


def _takes_the_place(new: revisions.Revision, old: revisions.Revision) -> bool:
    """Where one of the old servers was, there is room for a new one: the same nodes, and no more devices."""
    same = all(new.template["spec"].get(field) == old.template["spec"].get(field) for field in _PLACEMENT)
    held = gpus(old.template)
    return same and all(amount <= held.get(name, 0) for name, amount in gpus(new.template).items())


def _as_before(observed: state.Observed, revision: str) -> Strategy | None:
    """Recreating goes on as it began: once a server has left, there is room, and the next one would have none again."""
    last = observed.status.rollout
    if last is None or not last.message or (last.revision, last.strategy) != (revision, RECREATE):
        return None  # what was asked for then is asked for no more
    return Strategy(RECREATE, last.message)


def _no_room(observed: state.Observed, revision: str) -> str:
    """Seen before anything was started."""
    return "no node has a free one" if observed.room is False and observed.deployed != revision else ""


def _waits_for(observed: state.Observed, revision: str, resources: Iterable[str]) -> str:
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
