"""A model that serves, and a change of it under way: what tests of rollouts are about."""

import datetime as dt
import json
from typing import Any

from pure import making, worlds

from model_operator import kinds, names

Manifest = dict[str, Any]
#: Any change of how it is served makes another revision of the same artifact.
SECOND: Manifest = {"instances": {"count": 2}}
THIRD: Manifest = {"instances": {"count": 3}}
WRONG = {"ok": False, "reason": "GoldenWrong", "message": "output y differs in 3 of 10 elements", "looks": 5}
SERVING = {"ok": True, "reason": "Serving", "message": "", "looks": 9}
CANARY = names.canary("digits")


def later(world: worlds.World, **passed: float) -> None:
    world.now += dt.timedelta(**passed)


def serve(world: worlds.World, **serving: Any) -> Manifest:
    """Ask for servers of this kind; as far as the operator alone comes."""
    metadata = world.find(kinds.MODEL_DEPLOYMENT, "digits")["metadata"]
    requested = (metadata.get("annotations") or {}).get(names.REQUESTED_AT, "")
    world.put(making.model_deployment(requested_at=requested, serving=serving))
    return world.reconcile()


def served(world: worlds.World, **serving: Any) -> Manifest:
    """And further, until they serve."""
    serve(world, **serving)
    making.roll(world)
    return world.reconcile()


def seasoned(**serving: Any) -> worlds.World:
    """Two revisions have served well, and the second does so for an hour."""
    world = making.serving(serving=serving)
    served(world, **{**SECOND, **serving})
    later(world, hours=1)
    world.reconcile()
    return world


def revision(world: worlds.World, name: str = "digits") -> str:
    """That a Deployment runs or rolls out."""
    return str(world.find(kinds.DEPLOYMENT, name)["metadata"]["annotations"][names.REVISION])


def pod(
    world: worlds.World,
    *statuses: Manifest,
    name: str = "digits",
    number: int = 0,
    says: Manifest | None = None,
    ready: bool = False,
    **status: Any,
) -> Manifest:
    """A server of a Deployment's present revision, whose sentinel says this."""
    running = statuses or (making.running(names.SENTINEL), making.running(names.TRITON))
    told = {"podIP": f"10.0.0.{number + 1}"} if says else {}
    conditions = [{"type": "Ready", "status": "True"}] if ready else []
    made = making.server_pod(world, *running, name=name, number=number, **{"conditions": conditions, **told, **status})
    if says:
        world.answers[made["metadata"]["name"]] = json.dumps(says)
    return made


def crashed(code: int = 139, restarts: int = 3) -> Manifest:
    ended = {"terminated": {"exitCode": code, "reason": "Error", "message": "Signal (11) received."}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    return {"name": names.TRITON, "ready": False, "restartCount": restarts, "state": waiting, "lastState": ended}


def traffic(succeeded: int, failed: int = 0, mean_ms: float = 2.0) -> Manifest:
    """A sentinel's report that all is well, and of what was asked."""
    told = {"seconds": 60.0, "succeeded": succeeded, "failed": failed, "mean_ms": mean_ms}
    return {**SERVING, "traffic": told}


def ready(status: Manifest) -> str:
    """`status/reason` of Ready."""
    return worlds.brief(status)["Ready"]


def words(status: Manifest) -> str:
    """Its message."""
    found = worlds.condition(status, "Ready")
    assert found
    return str(found["message"])
