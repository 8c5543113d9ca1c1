"""The operator's tests: pure parts by themselves, and the whole process against a real API server.

Helper modules lie in folders beside this file; they are imported from here (`from edge import clusters`), because a
folder called operator is hidden by the standard library's module of that name.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from edge import clusters, permissions, processes, resources

from cluster import controlplane
from model_operator import connecting, metrics, transporting


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Beside a failure: what the operator said last, and who wrote what in the test's namespace."""
    report = yield
    told = getattr(item, "funcargs", {})
    if report.failed and isinstance(process := told.get("process"), processes.Operator):
        spaces = [one for one in told.values() if isinstance(one, clusters.Namespace)]
        report.sections.append(("operator", process.said()))
        report.sections += [(f"writes in {one.name}", "\n".join(one.history())) for one in spaces[:1]]
    return report


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[controlplane.ControlPlane]:
    """An API server with its controllers, and no node: pods stay Pending until a test plays the kubelet."""
    directory = tmp_path_factory.mktemp("plane")
    with controlplane.ControlPlane(directory, controller_manager=True, audited=permissions.AUDITED) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(plane: controlplane.ControlPlane) -> clusters.Cluster:
    """The API server as an administrator, with our CustomResourceDefinitions, the Gateway API's and KEDA's in it."""
    made = clusters.Cluster.of_kubeconfig(plane.kubeconfig)
    made.install()
    made.install_gateway_api()
    made.install_keda()
    return made


@pytest.fixture(scope="session")
def process(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Operator]:
    """The one operator of the session, running or not."""
    made = processes.Operator(cluster, tmp_path_factory.mktemp("operator"))
    yield made
    made.stop()


@pytest.fixture
def operator(process: processes.Operator) -> processes.Operator:
    """`python -m model_operator` as its own service account, with no right that the chart does not give."""
    if not process.running:
        process.start()
    return process


@pytest.fixture
async def connection(
    plane: controlplane.ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[connecting.Api]:
    """The operator's own client, as an administrator."""
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    opened = connecting.Api(await transporting.configuration(), metrics.Metrics())
    yield opened
    await opened.close()


@pytest.fixture
def alone(process: processes.Operator) -> None:
    """No operator runs beside this test."""
    process.stop()


@pytest.fixture
def namespace(cluster: clusters.Cluster) -> clusters.Namespace:
    """A namespace of the test's own. It stays: the API server ends with the session."""
    return cluster.namespace()


@pytest.fixture
def served(namespace: clusters.Namespace) -> clusters.Namespace:
    """A namespace in which `digits` serves."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    return namespace
