"""The process that computes dies inside a server: Triton does not notice, and its sentinel does.

The operator is away all the while: the kubelet and the sentinel mend it alone.
"""

import time

import pytest

from e2e import chaos, failing, installing, kube, lanes, manifests, predicting, smallmodels, waiting
from model_operator import names

#: It scales the operator down.
pytestmark = lanes.ALONE

NAME = "mortal"
OUT_SECONDS, BACK_SECONDS = 15, 45


@pytest.fixture(scope="module")
def alone(namespace):
    """A model that serves, and no operator."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment(NAME, manifests.from_config_map("small")),
    )
    waiting.ready(namespace, NAME)
    scale(0)
    yield namespace
    scale(2)


def scale(replicas: int) -> None:
    """The operator's own Deployment."""
    [deployment] = installing.NAMESPACE.list("deployments")
    name = deployment["metadata"]["name"]
    installing.NAMESPACE.kubectl("scale", f"deployment/{name}", f"--replicas={replicas}")
    installing.NAMESPACE.kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s", patience=150)


@pytest.fixture(scope="module")
def killed(alone, measured):
    """Seconds until its server was out of rotation, and until it served again."""
    [pod] = alone.list("pods", f"modelsmith.dev/deployment={NAME}")
    name = pod["metadata"]["name"]
    assert alone.kubectl("exec", name, "-c", names.TRITON, "--", "python3", "-c", failing.KILL).strip(), (
        "no stub was found"
    )
    began = time.monotonic()
    waiting.until("it is out of rotation", lambda: not in_rotation(alone), 60, alone)
    out = time.monotonic() - began
    waiting.until("it serves again", lambda: in_rotation(alone) and predicting.mark(alone, NAME) == 1, 120, alone)
    back = time.monotonic() - began
    measured("stub killed: out of rotation, serving again", f"{out:.0f} s, {back:.0f} s")
    return out, back


def in_rotation(namespace: kube.Namespace) -> bool:
    """The Service leads to it."""
    slices = namespace.list("endpointslices", f"kubernetes.io/service-name={NAME}")
    endpoints = [endpoint for one in slices for endpoint in one.get("endpoints") or ()]
    return any(endpoint["conditions"].get("ready") for endpoint in endpoints)


def test_a_server_whose_backend_died_gets_no_requests_after_fifteen_seconds(killed):
    assert killed[0] <= OUT_SECONDS


def test_it_serves_again_after_forty_five(killed):
    assert killed[1] <= BACK_SECONDS


def test_its_pod_is_the_same_and_triton_was_started_once_more(alone, killed):
    [pod] = alone.list("pods", f"modelsmith.dev/deployment={NAME}")
    assert [one["restartCount"] for one in pod["status"]["containerStatuses"] if one["name"] == names.TRITON] == [1]


def test_a_sentinel_that_is_killed_again_and_again_costs_no_server(alone, killed):
    [pod] = alone.list("pods", f"modelsmith.dev/deployment={NAME}")
    before = triton_restarts(alone)

    def kill() -> bool:
        """An error of kubectl means that it has not come back yet."""
        alone.kubectl("exec", pod["metadata"]["name"], "-c", names.SENTINEL, "--", "python3", "-c", chaos.END)
        return True

    for _ in range(4):
        waiting.until("it is there to be killed", kill, 120, alone)
        time.sleep(2)
    assert triton_restarts(alone) == before
    waiting.until("it serves", lambda: in_rotation(alone) and predicting.mark(alone, NAME) == 1, 120, alone)


def triton_restarts(namespace: kube.Namespace) -> int:
    [pod] = namespace.list("pods", f"modelsmith.dev/deployment={NAME}")
    return next(one["restartCount"] for one in pod["status"]["containerStatuses"] if one["name"] == names.TRITON)
