"""Replicas of the operator as the chart installs them, and as a kubelet keeps them.

ended by itself ──► started again: at once, then after 10 s, 20 s, 40 s, ... 300 s (the kubelet's back-off)
"""

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge import candidates, clusters, resources

#: Seconds of the kubelet's pauses between an end and a start; a container that ran for ten minutes begins anew.
FIRST, LONGEST = 10.0, 300.0
#: Seconds between two looks of the kubelet.
LOOK = 0.2


class Replica(candidates.Candidate):
    """One that ends by itself now and then."""

    def __init__(self, namespace: clusters.Namespace, account: str, directory: Path) -> None:
        super().__init__(namespace, account, directory)
        self.codes: list[int] = []
        """Exit codes of the ends that nobody asked for."""
        self._through: Path | None = None
        self._due: float | None = None

    def join(self, kubeconfig: Path | None = None) -> None:
        """Start; returns when its caches are filled, leading or not."""
        self._through = kubeconfig
        super().join(kubeconfig)

    def keep(self) -> None:
        """Start it again if it ended and its pause is over: whether it gets ready nobody waits for."""
        if self._process is None or self.pid is not None:
            return
        if self._due is None:
            self.codes.append(self._process.returncode)
            self._due = time.monotonic() + pause(len(self.codes))
        if time.monotonic() >= self._due:
            self._due = None
            self.launch(**self.environment(self._through))


def pause(ends: int) -> float:
    """Seconds from the n-th end to the start after it."""
    return 0.0 if ends == 1 else min(LONGEST, FIRST * 2.0 ** (ends - 2))


class Installation:
    """One namespace with its replicas, and a model that serves."""

    def __init__(self, namespace: clusters.Namespace, directory: Path, accounts: Sequence[str]) -> None:
        self.namespace = namespace
        self.replicas = [Replica(namespace, account, directory / account) for account in accounts]

    @property
    def leader(self) -> Replica:
        """The first: it was there first."""
        return self.replicas[0]

    def serve(self, through: Path | None = None) -> None:
        """Start all, the first of them over another way to the API server, and have a model served."""
        self.leader.join(through)
        clusters.until(lambda: self.leader.leads, "the first leads")
        for other in self.replicas[1:]:
            other.join()
        resources.provide_source(self.namespace)
        resources.deploy(self.namespace, "digits")
        resources.build(self.namespace)
        resources.make_ready(self.namespace, "digits")
        self.settle()

    def settle(self, seconds: float = 3.0) -> None:
        """Until nobody has written for a while."""

        def quiet() -> bool:
            began = dt.datetime.now(dt.UTC)
            time.sleep(seconds)
            return not self.wrote_after(began)

        clusters.until(quiet, "nobody writes any more")

    def wrote_after(self, when: dt.datetime) -> list[str]:
        """What any of them wrote since, by name."""
        found = sorted(line for each in self.replicas for line in each.written() if line[0] > when)
        return [line.replace(f"{self.namespace.name}/", "") for _, line in found]

    def stop(self) -> None:
        """End all."""
        for each in self.replicas:
            each.kill()


@contextlib.contextmanager
def kept(*replicas: Replica) -> Iterator[None]:
    """In this block a kubelet starts again what ends."""
    done = threading.Event()
    # It ends with the thread that started it: `done` comes only when nobody needs it any more.
    thread = threading.Thread(target=_keep, args=(replicas, done), name="kubelet")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(clusters.PATIENCE)


def _keep(replicas: Sequence[Replica], done: threading.Event) -> None:
    while not done.wait(LOOK):
        for each in replicas:
            each.keep()
