"""The API server of a test, stopped and started."""

import contextlib
from collections.abc import Iterator

from edge import clusters

from cluster import controlplane, processes

NAME = "kube-apiserver"


@contextlib.contextmanager
def down(plane: controlplane.ControlPlane, cluster: clusters.Cluster) -> Iterator[None]:
    """No API server in this block; after it, it answers again. etcd and the controllers go on."""
    keeper = plane._keeper
    record = keeper.find(NAME)
    assert record is not None
    keeper.stop(NAME)
    try:
        yield
    finally:
        keeper.start(processes.Program(NAME, record.argv, lambda: _ready(cluster), patience=120))


def _ready(cluster: clusters.Cluster) -> bool:
    try:
        cluster.call("GET", "/readyz?verbose")
    except (OSError, clusters.Refused):
        return False
    except ValueError:  # it answers in plain text
        return True
    return True
