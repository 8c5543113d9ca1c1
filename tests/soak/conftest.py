"""Faults, kills and outages against the real API server: minutes, and so not part of `make test`.

Helper modules of the operator's tests are imported from there (`from edge import clusters`).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operator"))

from edge import clusters, proxying

from cluster import controlplane
from soak import reporting, supervising, telling


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[controlplane.ControlPlane]:
    """An API server with its controllers, and no node."""
    with controlplane.ControlPlane(tmp_path_factory.mktemp("plane"), controller_manager=True) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(plane: controlplane.ControlPlane) -> clusters.Cluster:
    """The API server as an administrator, with our CustomResourceDefinitions in it."""
    made = clusters.Cluster.of_kubeconfig(plane.kubeconfig)
    made.install()
    return made


@pytest.fixture(scope="module")
def teller(
    plane: controlplane.ControlPlane, cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[telling.Teller]:
    """One operator behind one proxy, whose LISTs come in small pages. It sees all namespaces: others want it gone."""
    operator = supervising.Supervised(cluster, tmp_path_factory.mktemp("operator"))
    with proxying.Proxy(cluster, plane.directory / "pki", operator.slay) as proxy:
        proxy.page = 5
        yield telling.Teller(cluster, operator, proxy)
        operator.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured."""
    terminalreporter.section("soak")
    for line in reporting.LINES:
        terminalreporter.write_line(line)
