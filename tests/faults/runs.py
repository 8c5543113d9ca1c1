"""One run: a story, told to the operator by a plan's faults, and what is to be said about it afterwards."""

import asyncio
import collections
import contextlib
import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Iterator
from unittest import mock

from faults import api, clocks, cluster, feeds, nodes, operators, oracles, plans, server, stories
from model_operator import answering

Fault = plans.Fault
#: Seconds until a process that died is back.
RESTART = 5.0
#: Seconds after the last step within which everything that may heal has: two resyncs.
SETTLES = 1300.0
#: And those in which nothing may be written any more: three more.
CALM = 1900.0
SKEW = dt.timedelta(hours=1)


@dataclasses.dataclass
class Run:
    """What came of it."""

    points: list[plans.Point]
    met: list[plans.Point]
    end: dict[str, object]
    writes: collections.Counter[str]
    violations: list[str]
    snapshot: server.Server


class World:
    """Everything of one run. Implements stories.World."""

    def __init__(self, plan: plans.Plan, snapshot: server.Server | None) -> None:
        """Nothing runs yet."""
        self._loop = asyncio.get_running_loop()
        self._skew = dt.timedelta()
        self.journal = plans.Journal(plan)
        self.server = server.Server(lambda: clocks.stamp(self._moment()), snapshot)
        self.guard = oracles.Guard(self.server)
        self._cluster = cluster.Cluster(self.server, nodes.Node(self.server, stories.outcome, stories.spoilt))
        self._changed = asyncio.Event()
        self.server.listeners.append(lambda _: self._changed.set())
        self.connections: list[api.Api] = []
        self.problems: list[str] = []
        self._task: asyncio.Task[None] | None = None

    def _moment(self) -> dt.datetime:
        return clocks.START + dt.timedelta(seconds=self._loop.time())

    def operator_time(self) -> dt.datetime:
        """As the operator's own clock shows it."""
        return self._moment() + self._skew

    def start(self, past: int | None = None) -> None:
        """An operator, which knows nothing yet."""
        connection = api.Api(self.server, self.journal, self._fault)
        connection.past = past
        self.connections.append(connection)
        made = operators.Operator(connection, lambda watcher: feeds.Feed(self.server, self.journal, watcher, past))
        if past is not None:
            self._loop.call_later(feeds.LAG, lambda: setattr(connection, "past", None))
        self._operator = made
        self._task = self._loop.create_task(made.run())
        self._task.add_done_callback(self._ended)

    def _fault(self, fault: plans.Fault) -> None:
        """The clock jumps, or the process dies and comes back."""
        if fault in plans.CRASHES:
            past = (self.server.log[0].version + self.server.version) // 2 if fault is Fault.INTO_THE_PAST else None
            self.connections[-1].dead = True
            self._loop.call_soon(self.stop)
            self._loop.call_later(RESTART, self.start, past)
        else:
            self._skew = SKEW if fault is Fault.CLOCK_FORWARD else -SKEW

    def stop(self) -> None:
        """Kill it."""
        self.problems += [f"unexpected exception: handling a {kind}" for kind in self._operator.counters.crashed]
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self.problems.append(f"the operator ended: {task.exception()!r}")

    async def until(self, look: Callable[[], object], what: str) -> None:
        """Wait for a state of the cluster: as long as two resyncs, and what they cause, may take."""
        deadline = self._loop.time() + SETTLES
        while not look():
            self._changed.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError:
                raise oracles.Stuck(what) from None

    def writes(self) -> collections.Counter[str]:
        """Of all processes."""
        return sum((connection.writes for connection in self.connections), collections.Counter())


async def _play(story: stories.Story, plan: plans.Plan, snapshot: server.Server | None) -> Run:
    world = World(plan, snapshot)
    problems: list[str] = []
    with mock.patch.object(answering, "_now", world.operator_time):
        world.start()
        try:
            await story.play(world)
        except oracles.Stuck as stuck:
            problems.append(f"stuck: never {stuck}")
        await asyncio.sleep(SETTLES)
        points, writes, end = list(world.journal.points), world.writes(), oracles.end(world.server)
        await asyncio.sleep(CALM)
        late = world.writes() - writes
        world.stop()
        await asyncio.sleep(0)
    problems += oracles.outdated(world.server)
    problems += [f"written when all was quiet: {what}" for what in late]
    if world._operator.resyncs < 3:
        problems.append("no three resyncs passed")
    return Run(points, world.journal.met, end, writes, problems + world.problems + world.guard.problems, world.server)


def run(story: stories.Story, plan: plans.Plan, snapshot: server.Server | None = None) -> Run:
    """From the beginning to the end of the world."""
    with _hushed(), asyncio.Runner(loop_factory=clocks.Loop) as runner:
        return runner.run(_play(story, plan, snapshot))


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """The operator complains of every fault, thousands of times; other tests read what it says."""
    logger = logging.getLogger("model_operator")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
