"""Nodes beside the real one, without a kubelet: what they offer is written, and that they live is said again and again.

A node that says nothing for 50 seconds is believed dead, and tainted. Pods that come to one never start.
"""

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Iterator

from e2e import kube, waiting

#: Seconds between two signs of life.
BEAT = 10.0
#: Keeps everybody else's pods away.
TAINT = {"key": "modelsmith.dev/pretended", "effect": "NoSchedule"}
TOLERATION = {"key": TAINT["key"], "operator": "Exists"}
_PLENTY = {"cpu": "64", "memory": "512Gi", "pods": "110"}


@contextlib.contextmanager
def beside(nodes: dict[str, tuple[dict[str, str], dict[str, str]]], namespace: kube.Namespace) -> Iterator[None]:
    """Name -> devices and labels: there while this is entered."""
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(nodes, ended), daemon=True)
    try:
        for name, (_, labels) in nodes.items():
            made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            kube.kubectl("apply", "-f", "-", stdin=json.dumps({**made, "spec": {"taints": [TAINT]}}))
        _live(nodes)
        heart.start()
        waiting.until("the nodes are ready", lambda: not any(map(_is_new, nodes)), 60, namespace)
        yield
    finally:
        ended.set()
        kube.kubectl("delete", "node", *nodes, "--ignore-not-found", "--wait=false")


def _beat(nodes: dict[str, tuple[dict[str, str], dict[str, str]]], ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        with contextlib.suppress(kube.KubectlError):
            _live(nodes)


def _live(nodes: dict[str, tuple[dict[str, str], dict[str, str]]]) -> None:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now}
    for name, (devices, _) in nodes.items():
        amounts = {**_PLENTY, **devices}
        status = {"status": {"conditions": [ready], "capacity": amounts, "allocatable": amounts}}
        kube.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", json.dumps(status))


def _is_new(name: str) -> bool:
    taints = kube.read("node", name)["spec"].get("taints", ())
    return any(taint["key"] == "node.kubernetes.io/not-ready" for taint in taints)
