"""Many stories at once, each in a namespace of its own, and what is held against each of them afterwards.

live (faults armed) ─► settled ─► end state ─► started anew: three resyncs, 0 writes ─► delete ─► nothing left
"""

import collections
import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from edge import clusters, faults, proxying

from soak import ends, plans, stories, supervising, worlds

#: Seconds. A watch that falls silent is given up after 150, a hanging LIST after 15 while the others wait; then there
#: are pauses. No resync may come to help.
PATIENCE = 480.0
#: Seconds between two looks at the cluster.
TICK = 0.5
#: Seconds without a write after which a round has nothing left to say.
QUIET = 3.0
#: `verb resource name` -> how often.
Writes = collections.Counter[str]


@dataclasses.dataclass
class Told:
    """One story, as it went."""

    plan: plans.Plan
    namespace: clusters.Namespace
    since: int
    violations: list[str] = dataclasses.field(default_factory=list)
    end: dict[str, Any] = dataclasses.field(default_factory=dict)
    writes: Writes = dataclasses.field(default_factory=collections.Counter)
    """Of its life, by object."""
    repeats: list[str] = dataclasses.field(default_factory=list)
    """Statuses that said what the one before said, too."""
    last_writes: Writes = dataclasses.field(default_factory=collections.Counter)
    """Of its deletion."""

    def __str__(self) -> str:
        """As the report names it."""
        return f"{self.namespace.name} ({self.plan}): {'; '.join(self.violations)}"


class Teller:
    """Tells stories to one operator through one proxy."""

    def __init__(self, cluster: clusters.Cluster, operator: supervising.Supervised, proxy: proxying.Proxy) -> None:
        self.cluster, self.operator, self.proxy = cluster, operator, proxy
        self.world = worlds.World(cluster)

    def round(
        self, chosen: Sequence[plans.Plan], resync_seconds: float, tick: Callable[[], None] = lambda: None
    ) -> list[Told]:
        """Tell a story for each plan, and gather what went wrong."""
        self.operator.run(self.proxy, resync_seconds)
        self.proxy.statuses.clear()
        told = [Told(plan, self.cluster.namespace(), self.cluster.now()) for plan in chosen]
        for each in told:
            if each.plan.fault is not None:
                self.proxy.armed.arm(each.plan.fault, each.namespace.name)
        self.live(told, tick)
        for each in told:
            each.end = ends.state(self.world, each.namespace.name)
            each.writes = collections.Counter(self.writes(each.namespace.name, each.since))
            each.repeats = _repeats(self.proxy.statuses, each.namespace.name)
        self._calm(told)
        self.operator.run(self.proxy, resync_seconds)
        since = self.cluster.now()
        self._tell(told, stories.end, tick)
        self.settle()
        for each in told:
            each.last_writes = collections.Counter(self.writes(each.namespace.name, since))
            if left := self.world.leftovers(each.namespace.name):
                each.violations.append(f"left over: {left}")
        self.proxy.armed.clear()
        return told

    def live(self, told: Sequence[Told], tick: Callable[[], None] = lambda: None) -> None:
        """Until every model serves as it shall in the end, and nothing is left to write."""
        self._tell(told, stories.life, tick)
        self.settle()

    def _tell(
        self, told: Sequence[Told], begin: Callable[[clusters.Namespace], stories.Story], tick: Callable[[], None]
    ) -> None:
        """Until every story has ended, or nobody has patience any more."""
        running = {each.namespace.name: begin(each.namespace) for each in told if not each.violations}
        claims = {name: next(story) for name, story in running.items()}
        deadline = time.monotonic() + PATIENCE
        while claims and time.monotonic() < deadline:
            time.sleep(TICK)
            tick()
            self.operator.supervise()
            self.world.look()
            for name in [name for name, (_, holds) in claims.items() if holds(self.world)]:
                claim = next(running[name], None)
                claims = {**claims, name: claim} if claim else {key: claims[key] for key in claims if key != name}
        for each in told:
            if each.namespace.name in claims:
                each.violations.append(f"not within {PATIENCE:.0f} s: {claims[each.namespace.name][0]}")

    def settle(self) -> None:
        """Until nobody writes any more."""
        deadline = time.monotonic() + clusters.PATIENCE
        place = -1
        while self.operator.writes(place) if place >= 0 else True:
            assert time.monotonic() < deadline, f"it writes without end: {self.operator.writes(place)[-5:]}"
            place = self.cluster.now()
            time.sleep(QUIET)
            self.operator.supervise()
        self.world.look()

    def _calm(self, told: Sequence[Told]) -> None:
        """A new process that resyncs three times writes nothing."""
        self.operator.run(self.proxy, 1)
        since = self.cluster.now()
        resyncs = "modelsmith_operator_resyncs_total"
        clusters.until(lambda: self.operator.metric(resyncs) >= 3, "three resyncs are done")
        for each in told:
            if extra := self.writes(each.namespace.name, since):
                each.violations.append(f"written in three resyncs: {extra[:3]}")

    def writes(self, namespace: str, since: int) -> list[str]:
        """What the operator wrote in one namespace, but for Events."""
        found = [line.rsplit(" ", 1) for line in self.operator.writes(since)]
        return [
            f"{what} {about.partition('/')[2]}"
            for what, about in found
            if about.startswith(f"{namespace}/") and not what.endswith(" events")
        ]


def _repeats(statuses: Iterable[tuple[faults.Call, dict[str, Any]]], namespace: str) -> list[str]:
    """Of all that was written of one namespace: what the one before of the same object said, too."""
    last: dict[faults.Call, Any] = {}
    found = []
    for about, status in statuses:
        if about.namespace == namespace:
            if last.get(about) == status:
                found.append(f"{about.plural} {about.name}: {status}")
            last[about] = status
    return found
