"""K, events: children followed by on.event: `kopf run -m bench.spied`.

Nothing is written to them, and nothing is kept: "If the event handler fails, the error is logged to the operator's
log, and then ignored" (kopf's documentation, "Event-watching handlers"). What has failed is tried again when the child
happens to change once more, or when the operator is restarted.
"""

from typing import Any

import kopf

from bench import idiomatic
from model_operator import kinds


@kopf.on.event("batch", "v1", "jobs", labels=idiomatic.OURS)
async def job_event(body: Any, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """A Job that has come to its end, once."""
    if kinds.condition(dict(body), "Complete") and not memo.get("done"):
        await idiomatic.finish_build(body, namespace, memo)
        memo.done = True


@kopf.on.event("apps", "v1", "deployments", labels=idiomatic.OURS)
async def deployment_event(body: Any, name: Any, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """A Deployment whose servers have come, once."""
    available = (body.get("status") or {}).get("availableReplicas", 0) == body["spec"]["replicas"]
    if available and not memo.get("done"):
        await idiomatic.finish_rollout(name, namespace, memo)
        memo.done = True
