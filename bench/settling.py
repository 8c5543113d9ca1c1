"""Many at once, and a restart among many that have settled: ours alone, for the whole cluster."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence

from bench import audits, clients, contestants, marks, planes, rounds

#: ModelDeployments of a namespace: a team's worth, each of whose decisions looks at its siblings.
PER_NAMESPACE = 500
#: Seconds without a write after which all is settled.
CALM = 5.0
PATIENCE = 7200.0


@dataclasses.dataclass(frozen=True)
class Mass:
    """So many at once.

    seconds    from the first creation until the last was Ready
    cpu        processor seconds of the operator
    writes     what it sent
    resident   bytes when all are Ready
    """

    count: int
    shared: bool
    seconds: float
    cpu: float
    writes: audits.Writes
    resident: int
    latencies: Sequence[float]


@dataclasses.dataclass(frozen=True)
class Restart:
    """Started anew among so many that have nothing to do.

    seconds    from the start of the process until it leads with full caches, and handles
    looked     until it has looked at every ModelDeployment once
    writes     what it sent until some seconds later
    """

    count: int
    seconds: float
    looked: float
    cpu: float
    writes: audits.Writes
    resident: int


async def settle(
    plane: planes.Plane, client: clients.Client, stable: contestants.Stable, count: int, *, shared: bool, label: str
) -> tuple[Mass, list[str]]:
    """Have so many created and served; answers what it took, and the namespaces."""
    sizes = [min(PER_NAMESPACE, count - begun) for begun in range(0, count, PER_NAMESPACE)]
    names = [await plane.namespace(client, f"{label}-{number}") for number in range(len(sizes))]
    running = await stable.start(contestants.OURS, ())
    try:
        await stable.watching(contestants.OURS, running)
        before, begun = running.seconds, time.perf_counter()
        async with marks.Marks(client, *names) as seen:
            for name, size in zip(names, sizes, strict=True):
                await rounds.create(client, name, rounds.Asked(name, size, shared))
            await seen.until_ready(count, PATIENCE, running.check)
            seconds = max(seen.ready.values()) - begun
        await asyncio.sleep(CALM)
        cpu, resident = running.seconds - before, running.resident
    finally:
        running.stop()
    writes = audits.count(plane.audit, contestants.user(contestants.OURS), frozenset(names))
    return Mass(count, shared, seconds, cpu, writes, resident, seen.latencies), names


async def restart(plane: planes.Plane, stable: contestants.Stable, namespaces: Sequence[str], count: int) -> Restart:
    """Start it among what has settled."""
    since, begun = audits.now(), time.perf_counter()
    running = await stable.start(contestants.OURS, ())
    try:
        await stable.watching(contestants.OURS, running)
        await stable.looked(running, 1)
        seconds = time.perf_counter() - begun
        await stable.looked(running, count)
        looked = time.perf_counter() - begun
        await asyncio.sleep(CALM)
        cpu, resident = running.seconds, running.resident
    finally:
        running.stop()
    user = contestants.user(contestants.OURS)
    writes = audits.count(plane.audit, user, frozenset(namespaces), since)
    return Restart(count, seconds, looked, cpu, writes, resident)
