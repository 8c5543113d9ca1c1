"""How many servers are wanted, and how that changed."""

import dataclasses
import itertools
import threading
import time
from typing import Self

from e2e import kube

#: What a look at the count costs is a kubectl.
INTERVAL = 1.0


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
