"""`down`: stops every part, and with `--purge` leaves nothing behind."""

from __future__ import annotations

import shutil

from cluster import adding, errors, images, layout, leftovers, starting
from cluster.steps import step

_BEFORE_PODS = ("caretaker", "kube-proxy", "kubelet")
_AFTER_PODS = (
    "containerd",
    "coredns",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
    "registry",
)
_GRACE = 5.0
"""Seconds that the processes in pods get to end by themselves."""


def down(*, purge: bool) -> None:
    """Stop all parts; the data stays, unless it is to be purged."""
    adding.leave(starting.keeper())
    # The kubelet goes before the pods: it would start them again.
    _stop(_BEFORE_PODS)
    with step("pods", "ended") as current:
        current.words = f"{leftovers.end_containers(_GRACE)} processes ended"
    _stop(_AFTER_PODS)
    with step("kernel", "mounts, links, rules gone"):
        leftovers.remove()
    if purge:
        with step("data", "deleted"):
            shutil.rmtree(layout.directory(), ignore_errors=True)
            images.release()
    _verify()


def _stop(names: tuple[str, ...]) -> None:
    ours = starting.keeper()
    for name in names:
        with step(name, "stopped") as current:
            if not ours.stop(name):
                current.words = "did not run"


def _verify() -> None:
    left = leftovers.find()
    if left:
        raise errors.ClusterError(
            f"The cluster is down, but something stayed: {left.describe()}. "
            f"Run `down` once more; if it stays, look at {left}."
        )
