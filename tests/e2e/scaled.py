"""A model whose requests queue, how many servers are wanted for it, and how that changed.

The batcher is told to wait for a third of a second for a fuller batch, so that requests queue on a machine of two cores
that has nothing else to give: what queues is what the clients are, whatever the number of servers.
"""

import dataclasses
import itertools
import threading
import time
from typing import Self

from e2e import kube

#: Clients that ask without pause, and how many of them may wait at a server.
CLIENTS, TARGET = 24, 8
#: What a look at the count costs is a kubectl.
INTERVAL = 1.0


def serving(most: int) -> kube.Manifest:
    """Its settings, with at most so many servers."""
    return {
        "batching": {"maxBatchSize": 64, "maxQueueDelayMicroseconds": 300_000},
        "autoscaling": {"maxReplicas": most, "pendingRequests": {"target": TARGET}, "scaleDownAfter": "30s"},
    }


@dataclasses.dataclass
class Watcher:
    """The number for a model, whenever it changes."""

    namespace: kube.Namespace
    name: str
    counts: list[tuple[float, int]] = dataclasses.field(default_factory=list)
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Begin."""
        self.look()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.ended.set()
        self.thread.join(60)

    def look(self) -> None:
        """Once."""
        count = wanted(self.namespace, self.name)
        if not self.counts or self.counts[-1][1] != count:
            self.counts.append((time.monotonic(), count))

    def changes(self, sign: int) -> int:
        """Steps in one direction."""
        steps = (after - before for (_, before), (_, after) in itertools.pairwise(self.counts))
        return sum(1 for step in steps if step * sign > 0)

    def _watch(self) -> None:
        while not self.ended.wait(INTERVAL):
            self.look()


def wanted(namespace: kube.Namespace, name: str) -> int:
    """By whoever says so."""
    return namespace.get("deployment", name)["spec"]["replicas"]


def ready(namespace: kube.Namespace, name: str) -> int:
    """Servers that may be asked."""
    return namespace.get("deployment", name)["status"].get("readyReplicas", 0)
