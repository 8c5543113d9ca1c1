"""Many at once, and a restart among many that have settled: ours alone, for the whole cluster.

Many at once go through the operator, from nothing to Ready. Those that have settled are planted (`planting`): through
the operator, five thousand take an hour on two cores, and what is measured is the restart.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence

from bench import audits, clients, contestants, marks, planes, planting, rounds

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
    cpu        processor seconds, from the start of the process
    writes     what it sent until some seconds later: nothing, or they had not settled
    resident   bytes then
    """

    count: int
    seconds: float
    looked: float
    cpu: float
    writes: audits.Writes
    resident: int


async def settle(
    plane: planes.Plane, client: clients.Client, stable: contestants.Stable, count: int, *, shared: bool
) -> Mass:
    """Have so many created at once, and served."""
    sizes = _sizes(count)
    for name in sizes:
        await plane.namespace(client, name)
    running = await stable.start(contestants.OURS, ())
    try:
        await stable.watching(contestants.OURS, running)
        before, begun = running.seconds, time.perf_counter()
        async with marks.Marks(client, *sizes) as seen:
            for name, size in sizes.items():
                await rounds.create(client, name, rounds.Asked(name, size, shared))
            await seen.until_ready(count, PATIENCE, running.check)
            seconds = max(seen.ready.values()) - begun
        await asyncio.sleep(CALM)
        cpu, resident = running.seconds - before, running.resident
    finally:
        running.stop()
    writes = audits.count(plane.audit, contestants.user(contestants.OURS), frozenset(sizes))
    return Mass(count, shared, seconds, cpu, writes, resident, seen.latencies)


async def plant(
    plane: planes.Plane, client: clients.Client, count: int, say: Callable[[str], object]
) -> tuple[str, ...]:
    """Have so many that have settled; answers their namespaces."""
    sizes = _sizes(count)
    await planting.plant(plane, client, sizes, say)
    await asyncio.sleep(CALM)
    return tuple(sizes)


def _sizes(count: int) -> dict[str, int]:
    return {f"many-{begun}": min(PER_NAMESPACE, count - begun) for begun in range(0, count, PER_NAMESPACE)}


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
