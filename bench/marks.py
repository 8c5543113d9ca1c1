"""When things happened, as somebody sees who watches: the same clock and the same process for both ends."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Self

from bench import clients
from model_operator import connecting, kinds, names


class Marks:
    """Watches namespaces, and notes the first time of each thing.

    available   (namespace, name) -> when the Deployment said that all its servers are there
    ready       (namespace, name) -> when the ModelDeployment said so
    """

    def __init__(self, client: clients.Client, *namespaces: str) -> None:
        """Take the namespaces."""
        self._client, self._namespaces = client, namespaces
        self.available: dict[tuple[str, str], float] = {}
        self.ready: dict[tuple[str, str], float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Watch."""
        ours = f"{names.MANAGED_BY_LABEL}={names.MANAGED_BY}"
        self._tasks = [
            asyncio.create_task(self._watch(kinds.MODEL_DEPLOYMENT, "", _is_ready, self.ready)),
            asyncio.create_task(self._watch(kinds.DEPLOYMENT, ours, _is_available, self.available)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks)

    async def until_ready(self, count: int, patience: float, check: Callable[[], object] = bool) -> None:
        """Wait until so many are Ready. Raises TimeoutError; a watch that failed raises what it failed of."""
        await self._until(self.ready, count, patience, check)

    async def until_available(self, count: int, patience: float) -> None:
        """Wait until so many Deployments are available. Raises like `until_ready`."""
        await self._until(self.available, count, patience, bool)

    async def _until(
        self, found: dict[tuple[str, str], float], count: int, patience: float, check: Callable[[], object]
    ) -> None:
        async with asyncio.timeout(patience):
            while len(found) < count:
                for task in self._tasks:
                    if task.done():
                        task.result()
                check()
                await asyncio.sleep(0.05)

    @property
    def latencies(self) -> list[float]:
        """Seconds from the last child that was awaited to Ready, for each; never less than nought."""
        both = self.ready.keys() & self.available.keys()
        return [max(0.0, self.ready[key] - self.available[key]) for key in both]

    async def _watch(
        self,
        kind: kinds.Kind,
        selector: str,
        holds: Callable[[kinds.Manifest], bool],
        into: dict[tuple[str, str], float],
    ) -> None:
        scope = self._namespaces[0] if len(self._namespaces) == 1 else None
        async for event, manifest in self._client.events(connecting.path(kind, scope), selector):
            key = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
            mine = key[0] in self._namespaces
            if mine and event != "DELETED" and key not in into and holds(manifest):
                into[key] = time.perf_counter()


def _is_ready(manifest: kinds.Manifest) -> bool:
    current = (manifest.get("status") or {}).get("observedGeneration") == manifest["metadata"]["generation"]
    return current and kinds.condition(manifest, "Ready") is not None


def _is_available(manifest: kinds.Manifest) -> bool:
    status, wanted = manifest.get("status") or {}, manifest["spec"]["replicas"]
    counts = (status.get("replicas", 0), status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    return set(counts) == {wanted} and status.get("observedGeneration") == manifest["metadata"]["generation"]
