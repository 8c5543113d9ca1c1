"""Nodes without a kubelet: what they offer is written, and that they are alive is said again and again.

A node is believed dead when it says nothing for 50 seconds, and is then tainted.
"""

import threading
from collections.abc import Iterable
from typing import Self

from edge import clusters, kubelet

from model_operator import connecting, kinds

#: Seconds between two signs of life.
BEAT = 5.0
MERGE = "application/merge-patch+json"
_PLENTY = {"cpu": "64", "memory": "512Gi", "pods": "110", "ephemeral-storage": "1Ti"}


class Nodes:
    """Some nodes, alive while this is entered."""

    def __init__(self, cluster: clusters.Cluster) -> None:
        self._cluster = cluster
        self._offers: dict[str, dict[str, str]] = {}
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._heart.join()
        for name in self._offers:
            self._cluster.call("DELETE", connecting.path(kinds.NODE, None, name))

    def add(self, name: str, offers: dict[str, str], labels: dict[str, str], taints: Iterable[dict] = ()) -> None:
        """Make one, and wait until pods may come to it."""
        metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
        self._cluster.call(
            "POST", connecting.path(kinds.NODE), {"metadata": metadata, "spec": {"taints": list(taints)}}
        )
        self._offers[name] = {**_PLENTY, **offers}
        self._live(name)
        clusters.until(lambda: not self._is_new(name), f"node {name} is ready")

    def patch(self, name: str, change: kinds.Manifest) -> None:
        """Merge a change in, as an edit does."""
        self._cluster.call("PATCH", connecting.path(kinds.NODE, None, name), change, MERGE)

    def _is_new(self, name: str) -> bool:
        node = self._cluster.call("GET", connecting.path(kinds.NODE, None, name))
        return any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints", ()))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            for name in list(self._offers):
                self._live(name)

    def _live(self, name: str) -> None:
        now, amounts = kubelet.now(), self._offers[name]
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now}
        status = {"conditions": [ready], "capacity": amounts, "allocatable": amounts}
        self._cluster.call("PATCH", connecting.path(kinds.NODE, None, name, "status"), {"status": status}, MERGE)
