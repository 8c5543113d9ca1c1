"""K: children followed by on.create and on.update, whose errors kopf repeats: `kopf run -m bench.tracked`.

Jobs, word for word as kopf's documentation has it ("State-changing handlers"):

> to react to changes in the status of kind: Job: @kopf.on.update('batch/v1', 'jobs', field='status')

Deployments by the one field that decides, as its page on arguments has it (field='status.done'). The whole status will
not do: kopf writes what it has handled into an annotation, the API server counts that as another generation of the
Deployment, its controller says in the status that it has seen it, and so on without end.

on.create stands beside on.update, because to kopf an object that comes to match is created ("Stealth mode"): without
it a child whose first seen status is its last would be missed.

With BENCH_JOB_FIELD=status.completionTime it is K, narrow: as cheap as such handlers can be, for an object none of
whose handlers matches gets no annotation. Each child gets one when it is done, and none before.
"""

import os
from collections.abc import Mapping
from typing import Any

import kopf

from bench import idiomatic
from model_operator import kinds

OURS = idiomatic.OURS
JOB_FIELD = os.environ.get("BENCH_JOB_FIELD", "status")
DEPLOYMENT_FIELD = "status.availableReplicas"


@kopf.on.create("batch", "v1", "jobs", labels=OURS, field=JOB_FIELD)
@kopf.on.update("batch", "v1", "jobs", labels=OURS, field=JOB_FIELD)
async def job_status(body: Any, old: Any, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """A Job that has come to its end. `old` is what was handled: still without that end, if the last try has failed."""
    known = isinstance(old, Mapping) and kinds.condition({"status": old}, "Complete")
    if kinds.condition(dict(body), "Complete") and not known:
        await idiomatic.finish_build(body, namespace, memo)


@kopf.on.create("apps", "v1", "deployments", labels=OURS, field=DEPLOYMENT_FIELD)
@kopf.on.update("apps", "v1", "deployments", labels=OURS, field=DEPLOYMENT_FIELD)
async def available(new: Any, spec: Any, name: Any, namespace: Any, memo: kopf.Memo, **_: Any) -> None:
    """A Deployment whose servers have come."""
    if new == spec["replicas"]:
        await idiomatic.finish_rollout(name, namespace, memo)
