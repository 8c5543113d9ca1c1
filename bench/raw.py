"""L: what a controller cannot do without, in plain asyncio. No cache, no comparison, no leader, no finding.

    ModelDeployment ─► claim, Services, ModelBuild and its Job
    Job complete    ─► status of the ModelBuild, ControllerRevision, Deployment
    available       ─► status of the ModelDeployment

Each object is created once. With `--news` each change of a reason is told as well (Building, RollingOut), as the
operator does; without, only the end is: no controller reaches that end state with fewer writes.
"""

import argparse
import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import uvloop

from bench import children, clients, specs
from model_operator import connecting, containers, kinds, names

#: Seconds in which those who come share one write of the claim's owners.
GATHERING = 0.2


class Controller:
    """One namespace."""

    def __init__(self, client: clients.Client, namespace: str, *, news: bool) -> None:
        """Know nothing yet."""
        self._client, self._namespace, self._news = client, namespace, news
        self._sample = children.sample()
        self._resources: dict[str, kinds.Manifest] = {}
        self._fillers: dict[str, children.Filler] = {}
        self._of_build: dict[str, str] = {}
        self._begun: set[tuple[str, str]] = set()
        self._claiming: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._owners = 0

    async def run(self, ready: Path | None = None) -> None:
        """Watch for ever."""
        ours = f"{names.MANAGED_BY_LABEL}={names.MANAGED_BY}"
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(kinds.MODEL_DEPLOYMENT, "", self._resource))
            group.create_task(self._watch(kinds.JOB, ours, self._job))
            group.create_task(self._watch(kinds.DEPLOYMENT, ours, self._deployment))
            if ready:
                ready.touch()  # noqa: ASYNC240 - an empty file, once

    async def _watch(self, kind: kinds.Kind, selector: str, handle: Any) -> None:
        async for event, manifest in self._client.events(connecting.path(kind, self._namespace), selector):
            if event != "DELETED":
                handle(manifest)

    def _once(self, what: str, name: str, work: Any, *arguments: Any) -> None:
        """Start each step of each resource once."""
        if (what, name) not in self._begun:
            self._begun.add((what, name))
            task = asyncio.create_task(work(name, *arguments))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        task.result()

    def _resource(self, manifest: kinds.Manifest) -> None:
        name = manifest["metadata"]["name"]
        self._resources[name] = {"apiVersion": names.API_VERSION, "kind": names.DEPLOYMENT_KIND, **manifest}
        self._once("begin", name, self._begin)

    def _job(self, manifest: kinds.Manifest) -> None:
        owner = self._of_build.get(manifest["metadata"]["labels"][names.BUILD_LABEL])
        if owner and kinds.condition(manifest, "Complete"):
            self._once("serve", owner, self._serve, manifest["metadata"]["name"])

    def _deployment(self, manifest: kinds.Manifest) -> None:
        wanted = manifest["spec"]["replicas"]
        if (manifest.get("status") or {}).get("availableReplicas", 0) == wanted:
            self._once("tell", manifest["metadata"]["name"], self._tell, "ready")

    async def _begin(self, name: str) -> None:
        """Everything that can be made before there is an artifact."""
        filler, sample = children.Filler(self._sample, self._resources[name]), self._sample
        if self._news:
            self._fillers[name] = filler
            await self._tell(name, "building")
        await self._claim()
        for text in sample.endpoints:
            await self._create(filler.fill(text))
        made = await self._create(filler.fill(sample.build))
        self._of_build[filler.build_name] = name
        filler = children.Filler(sample, self._resources[name], made["metadata"]["uid"])
        self._fillers[name] = filler
        await self._create(filler.fill(sample.job))

    async def _serve(self, name: str, job: str) -> None:
        """The result, and the servers."""
        filler = self._fillers[name]
        pods = await self._client.call("GET", f"{self._path(kinds.POD)}?labelSelector={names.JOB_NAME_LABEL}%3D{job}")
        if specs.DIGEST not in str(pods["items"][0]["status"]["containerStatuses"]):
            raise ValueError(pods["items"][0]["metadata"]["name"])
        await self._status(kinds.MODEL_BUILD, filler.build_name, filler.status("built"))
        for text in self._sample.servers:
            await self._create(filler.fill(text))
        if self._news:
            await self._tell(name, "rolling")

    async def _tell(self, name: str, said: str) -> None:
        """The status of a ModelDeployment."""
        await self._status(kinds.MODEL_DEPLOYMENT, name, self._fillers[name].status(said))

    async def _claim(self) -> None:
        """The first makes it; those who come within a moment are written together."""
        if self._claiming is None or self._claiming.done():
            self._claiming = asyncio.create_task(self._claim_for_all())
        await self._claiming

    async def _claim_for_all(self) -> None:
        await asyncio.sleep(GATHERING)
        owners = [containers.owner(one, controller=False) for _, one in sorted(self._resources.items())]
        first = children.Filler(self._sample, next(iter(self._resources.values())))
        claim = first.fill(self._sample.claim)
        claim["metadata"]["ownerReferences"] = owners
        if self._owners == 0:
            await self._create(claim)
        elif self._owners != len(owners):
            path = self._path(kinds.PERSISTENT_VOLUME_CLAIM, claim["metadata"]["name"])
            await self._client.call("PATCH", path, {"metadata": {"ownerReferences": owners}}, clients.MERGE)
        self._owners = len(owners)

    async def _create(self, manifest: kinds.Manifest) -> kinds.Manifest:
        return await self._client.call("POST", self._path(kinds.of_manifest(manifest)), manifest)

    async def _status(self, kind: kinds.Kind, name: str, status: kinds.Manifest) -> None:
        path = connecting.path(kind, self._namespace, name, "status")
        await self._client.call("PATCH", path, {"status": status}, clients.MERGE)

    def _path(self, kind: kinds.Kind, name: str = "") -> str:
        return connecting.path(kind, self._namespace, name)


async def main() -> None:
    """Run until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--news", action="store_true")
    parser.add_argument("--ready", type=Path, help="a file to make when it watches")
    asked = parser.parse_args()
    async with clients.Client(Path(os.environ["KUBECONFIG"])) as client:
        await Controller(client, asked.namespace, news=asked.news).run(asked.ready)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main())
