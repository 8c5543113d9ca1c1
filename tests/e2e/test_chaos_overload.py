"""Ten times what a server can do, for five minutes, and its sentinel killed again and again: nothing restarts it."""

import os
import time

import pytest

from e2e import chaos, kube, loading, manifests, predicting, smallmodels, waiting
from model_operator import names

NAME = "crowded"
MINUTES = float(os.environ.get("MODELSMITH_OVERLOAD_MINUTES", "5"))
#: A tenth of a core: a few clients without a pause keep it busy, and these are ten times as many.
SMALL = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "100m"}}
FEW, MANY = 8, 80
#: Seconds between two deaths of the sentinel.
BETWEEN = 40


@pytest.fixture(scope="module")
def crowded(namespace, measured):
    """What became of the server: its restarts, and what clients saw at first and under the crowd."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment(NAME, manifests.from_config_map("small"), serving={"resources": SMALL}),
    )
    waiting.ready(namespace, NAME)
    url = f"http://{predicting.address(namespace, NAME)}/v2/models/{NAME}/infer"
    with loading.Crowd(url, smallmodels.ZERO, pause=0, clients=FEW) as few:
        time.sleep(20)
    with loading.Crowd(url, smallmodels.ZERO, pause=0, at_most=60 * MINUTES + 60, clients=MANY) as many:
        ends = time.monotonic() + 60 * MINUTES
        while time.monotonic() < ends:
            time.sleep(BETWEEN)
            kill_the_sentinel(namespace)
    measured(
        "overload: answers a second with 8 clients, with 80", f"{rate(few, 20):.0f}, {rate(many, 60 * MINUTES):.0f}"
    )
    measured("overload: failures", f"{len(many.tally.failures)} of {many.tally.requests}")
    return namespace


def rate(crowd: loading.Crowd, seconds: float) -> float:
    return sum(crowd.tally.answers.values()) / seconds


def server(namespace) -> kube.Manifest:
    [pod] = namespace.list("pods", f"modelsmith.dev/deployment={NAME}")
    return pod


def kill_the_sentinel(namespace) -> None:
    def kill() -> bool:
        pod = server(namespace)["metadata"]["name"]
        namespace.kubectl("exec", pod, "-c", names.SENTINEL, "--", "python3", "-c", chaos.END)
        return True

    waiting.until("there is a sentinel to be killed", kill, 300, namespace)


def test_nothing_restarted_the_server(crowded):
    restarts = {one["name"]: one["restartCount"] for one in server(crowded)["status"]["containerStatuses"]}
    assert restarts == {names.TRITON: 0}


def test_it_serves_when_the_crowd_has_gone(crowded):
    waiting.until("it serves", lambda: predicting.mark(crowded, NAME) == 1, 360, crowded)
    waiting.ready(crowded, NAME)
