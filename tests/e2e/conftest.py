"""What every test of the story may rely on: a cluster, the images in it, the operator installed, a namespace."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest

from cluster import adding, layout, pins, starting
from cluster import monitoring as monitors
from e2e import installing, kube, lanes, manifests, smallmodels, waiting

#: The story first; what looks at the operator after everything else has used it, last.
FIRST, LAST = "test_digits.py", "test_idle.py"


def pytest_configure(config):
    """The process that starts the others, or the only one."""
    if not hasattr(config, "workerinput"):
        lanes.begin()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (item.path.name != FIRST, item.path.name == LAST))


def pytest_terminal_summary(terminalreporter):
    """The figures of this run."""
    figures = lanes.noted()
    if figures:
        terminalreporter.section("measured")
    for what, figure in figures:
        terminalreporter.write_line(f"{what:<60} {figure}")


@pytest.fixture(scope="session")
def measured():
    """`measured("digits: apply to Ready", "31 s")`: shown at the end."""
    return lanes.note


@pytest.fixture(scope="session")
def cluster() -> None:
    """KUBECONFIG and PATH as `python3 hack/cluster env` says, unless the user's KUBECONFIG says otherwise."""
    os.environ.setdefault("KUBECONFIG", str(layout.kubeconfig()))
    os.environ["PATH"] += os.pathsep + str(pins.tools())
    if not shutil.which("kubectl"):
        pytest.fail("There is no kubectl: run `make e2e`, which builds it and brings the cluster up.", pytrace=False)
    try:
        kube.kubectl("get", "--raw", "/readyz", patience=15)
    except kube.KubectlError as error:
        pytest.fail(f"No cluster answers: run `make e2e`, which brings one up.\n{error}", pytrace=False)


@pytest.fixture(scope="session")
def images(cluster) -> dict[str, str]:
    """Room -> reference, as pushed by `python3 hack/cluster images`."""
    return installing.images()


@pytest.fixture(scope="session")
def operator(images) -> Iterator[kube.Namespace]:
    """The namespace in which the operator runs, installed by Helm."""
    with lanes.shared("operator", lambda: installing.install(images), installing.uninstall):
        yield installing.NAMESPACE
        installing.drop_made()


@pytest.fixture(scope="session")
def monitoring(cluster) -> Iterator[None]:
    """Prometheus, prometheus-adapter and metrics-server beside the embedded cluster; built when first used.

    Brought up for this run, they end with it: every test after would share its processors with them.
    """
    if os.environ["KUBECONFIG"] != str(layout.kubeconfig()):
        pytest.fail("They are run beside the embedded cluster: unset KUBECONFIG.", pytrace=False)
    ours, theirs = starting.keeper(), lanes.FOLDER / "monitoring.before"

    def up() -> None:
        if monitors.ADD_ON in adding.present(ours):
            theirs.touch()
        adding.up(monitors.ADD_ON, ours)

    def down() -> None:
        if not theirs.exists():
            adding.down(monitors.ADD_ON, ours)

    with lanes.shared("monitoring", up, down):
        yield


@pytest.fixture(scope="module")
def namespace(operator, request) -> Iterator[kube.Namespace]:
    """A namespace of this file's own, where Pod Security is enforced."""
    name = "e2e-" + re.sub(r"[^a-z0-9]+", "-", request.path.stem.removeprefix("test_"))
    yield installing.fresh_namespace(name)
    installing.drop_namespace(name, wait=False)


@pytest.fixture(scope="session")
def workshop(operator, worker_id) -> Iterator[kube.Namespace]:
    """A namespace in which the model `small` is built already, and kept by a ModelDeployment without servers."""
    made = installing.fresh_namespace(f"e2e-workshop-{worker_id}")
    made.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment("keeper", manifests.from_config_map("small"), serving={"replicas": 0}),
    )
    waiting.condition(made, "keeper", "Built", "True")
    yield made
    installing.drop_namespace(made.name, wait=False)


@pytest.fixture
def served(workshop, request) -> Iterator[str]:
    """Name of a ModelDeployment of `small` that is Ready, for one test."""
    name = "t-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:36].strip("-")
    workshop.apply(manifests.model_deployment(name, manifests.from_config_map("small")))
    waiting.ready(workshop, name)
    yield name
    workshop.delete("mdep", name)
