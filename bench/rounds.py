"""One contestant, one namespace, a number of ModelDeployments at once: what it took until all were Ready."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence

from bench import audits, clients, contestants, marks, planes, specs
from model_operator import connecting, kinds

#: How many requests the one who creates has under way.
CREATORS = 16
#: Seconds of quiet: before, so that starting is over; after, so that what is written late counts.
QUIET = 2.0
PATIENCE = 600.0


@dataclasses.dataclass(frozen=True)
class Sample:
    """One round of one contestant.

    writes      what it sent
    cpu         processor seconds, all resources together, from the first creation on; without its start
    resident    bytes at the end
    latencies   seconds from the last child to Ready, one for each resource
    seconds     from the first creation until the last was Ready
    """

    count: int
    writes: audits.Writes
    cpu: float
    resident: int
    latencies: Sequence[float]
    seconds: float


async def measure(
    plane: planes.Plane, client: clients.Client, stable: contestants.Stable, kind: contestants.Kind, asked: "Asked"
) -> Sample:
    """One round."""
    namespace = await plane.namespace(client, asked.namespace)
    running = await stable.start(kind, [namespace])
    try:
        await stable.watching(kind, running)
        await asyncio.sleep(QUIET)
        async with marks.Marks(client, namespace) as seen:
            before, begun = running.seconds, time.perf_counter()
            await create(client, namespace, asked)
            await seen.until_ready(asked.count, PATIENCE, running.check)
            seconds = max(seen.ready.values()) - begun
            await asyncio.sleep(QUIET)
            cpu, resident = running.seconds - before, running.resident
    finally:
        running.stop()
    writes = audits.count(plane.audit, contestants.user(kind), frozenset({namespace}))
    return Sample(asked.count, writes, cpu, resident, seen.latencies, seconds)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is created."""

    namespace: str
    count: int
    #: All ask for the same build.
    shared: bool = False

    def resources(self) -> list[kinds.Manifest]:
        """The ModelDeployments."""
        factory = "digits:build{}"
        return [
            specs.resource(f"digits-{number}", factory.format("" if self.shared else number))
            for number in range(self.count)
        ]


async def create(client: clients.Client, namespace: str, asked: Asked) -> list[kinds.Manifest]:
    """Create them, several at a time; answers them as they were made."""
    path, line = connecting.path(kinds.MODEL_DEPLOYMENT, namespace), asyncio.Semaphore(CREATORS)

    async def one(manifest: kinds.Manifest) -> kinds.Manifest:
        async with line:
            return await client.call("POST", path, manifest)

    return list(await asyncio.gather(*map(one, asked.resources())))
