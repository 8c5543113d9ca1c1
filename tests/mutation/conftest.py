"""Every field of a spec, mutated: in a cluster in a dict, and against a real API server.

    schemas, words, values    from the CustomResourceDefinition to values at the edges of each field
    bases, mutations          specs to start from, and every mutation of every field of them
    stories, pictures, sights what comes of a spec, and where each field must be seen in it
    strategies                whole specs, drawn at random

The helpers of the operator's tests are imported as they import each other: tests/operator is on the path.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "operator"))

from edge import clusters, processes

from cluster import controlplane


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    """An API server of this folder's own, with its controllers, and the definitions of all that is made."""
    with controlplane.ControlPlane(tmp_path_factory.mktemp("plane"), controller_manager=True) as running:
        made = clusters.Cluster.of_kubeconfig(running.kubeconfig)
        made.install()
        made.install_gateway_api()
        made.install_keda()
        yield made


@pytest.fixture(scope="session")
def namespace(cluster: clusters.Cluster) -> clusters.Namespace:
    """A namespace for what is only tried (dry run)."""
    return cluster.namespace()


@pytest.fixture(scope="session")
def operator(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Operator]:
    """`python -m model_operator` with the rights that the chart gives."""
    made = processes.Operator(cluster, tmp_path_factory.mktemp("operator"))
    made.start()
    yield made
    made.stop()
