"""Many ModelDeployments that have settled, made without waiting for the operator: what it would have written, written.

Every object comes of the operator's own decisions about that very resource (`histories`), applied as its own field
manager. Servers are the cluster's own: the controllers make their pods, the scheduler places them, kwok has them ready.
Builds are not run: their Jobs are complete from the start (no controller of Jobs is there), each with its pod, which
kwok ends at once. Whether this is what the operator would have left, it says itself when it comes: it writes nothing.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

from bench import clients, histories, marks, planes, rounds
from model_operator import comparing, conditions, connecting, containers, kinds, names
from model_operator.deployments.manifests import claim

#: ModelDeployments under way at once.
GROWERS = 24
PATIENCE = 1800.0
_ACCOUNT = kinds.Kind("", "v1", "ServiceAccount", "serviceaccounts")


async def plant(
    plane: planes.Plane, client: clients.Client, sizes: dict[str, int], say: Callable[[str], object]
) -> None:
    """Namespace -> how many. Returns when every server is available."""
    async with marks.Marks(client, *sizes) as seen:
        for namespace, count in sizes.items():
            await plane.namespace(client, namespace)
            # Pods are refused before its controller has made it.
            await client.ensure(connecting.path(_ACCOUNT, namespace), {"metadata": {"name": "default"}})
            await _namespace(client, rounds.Asked(namespace, count))
            say(f"{namespace}: {count} are planted")
        await seen.until_available(sum(sizes.values()), PATIENCE)


async def _namespace(client: clients.Client, asked: rounds.Asked) -> None:
    made = await rounds.create(client, asked.namespace, asked)
    resources = [{"apiVersion": names.API_VERSION, "kind": names.DEPLOYMENT_KIND, **one} for one in made]
    asking = [histories.asked(one, dt.datetime.now(dt.UTC)) for one in resources]
    await _apply(client, _claim(asking))
    line = asyncio.Semaphore(GROWERS)

    async def one(each: histories.Asked) -> None:
        async with line:
            await _grow(client, each)

    await asyncio.gather(*map(one, asking))


def _claim(asking: list[histories.Asked]) -> kinds.Manifest:
    """Of all who keep their artifacts on it."""
    resources = sorted((one.observed.resource for one in asking), key=lambda one: str(one["metadata"]["name"]))
    owners = [containers.owner(one, controller=False) for one in resources]
    first = asking[0].observed
    if first.spec is None:
        raise ValueError(first.problem)
    return claim.claim(first.spec.artifact, first.namespace, owners, None)


async def _grow(client: clients.Client, asked: histories.Asked) -> None:
    """Everything of one ModelDeployment, and what it says in the end."""
    for manifest in asked.endpoints:
        await _apply(client, manifest)
    model_build = await _apply(client, asked.build)
    now = dt.datetime.now(dt.UTC)
    built = histories.built(model_build, now)
    await _run(client, await _apply(client, built.job), conditions.timestamp(now))
    await _tell(client, model_build, built.ended)
    served = histories.served(asked, {**model_build, "status": built.ended}, now)
    for manifest in served.servers:
        await _apply(client, manifest)
    await _tell(client, asked.observed.resource, served.ready)


async def _run(client: clients.Client, job: kinds.Manifest, now: str) -> None:
    """The Job's pod, and what its controller would say of it."""
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    owner = {**containers.owner(job), "blockOwnerDeletion": True}
    template = job["spec"]["template"]
    metadata = {**template["metadata"], "name": f"{name}-aaaaa", "ownerReferences": [owner]}
    pod = {"metadata": metadata, "spec": {**template["spec"], "nodeName": planes.NODE}}
    await client.call("POST", connecting.path(kinds.POD, namespace), pod)
    over = [_condition("SuccessCriteriaMet", now), _condition("Complete", now)]
    status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": over}
    path = connecting.path(kinds.JOB, namespace, name, "status")
    await client.call("PATCH", path, {"status": status}, clients.MERGE)


def _condition(type_: str, now: str) -> dict[str, Any]:
    return {
        "type": type_,
        "status": "True",
        "reason": "CompletionsReached",
        "message": "Reached expected number of succeeded pods",
        "lastProbeTime": now,
        "lastTransitionTime": now,
    }


async def _apply(client: clients.Client, manifest: kinds.Manifest) -> kinds.Manifest:
    answer = await client.apply(comparing.stamped(manifest))
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], **answer}


async def _tell(client: clients.Client, resource: kinds.Manifest, status: histories.Status) -> None:
    identity = {name: resource["metadata"][name] for name in ("name", "namespace")}
    body = {"apiVersion": resource["apiVersion"], "kind": resource["kind"], "metadata": identity, "status": status}
    await client.apply(body, "status")
