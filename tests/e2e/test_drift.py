"""What clients get changes while the server computes as ever: told by Healthy, and by nothing that ends a server."""

import urllib.request

import pytest

from e2e import drifting, waiting
from model_serving import settings


@pytest.fixture(scope="module")
def name(namespace):
    return drifting.serve(namespace)


def indices(namespace, name):
    """What the sentinel of its one server tells Prometheus: the index by output and what was counted of it."""
    [pod] = namespace.list("pods", f"modelsmith.dev/deployment={name}")
    url = f"http://{pod['status']['podIP']}:{settings.SENTINEL_PORT}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    psi = [line.rsplit(" ", 1) for line in lines if line.startswith("modelsmith_sentinel_output_psi{")]
    return {labels: float(value) for labels, value in psi}


def healthy(namespace, name):
    return waiting.current(namespace.get("mdep", name))["Healthy"]


def until(claim, namespace, name, pictures, probe):
    """Ask and look, until it is so."""

    def asked():
        drifting.ask(namespace, name, pictures)
        return probe()

    return waiting.until(claim, asked, drifting.PATIENCE, namespace)


def test_the_evaluation_set_does_not_drift(namespace, name, measured):
    pictures = drifting.evaluated()
    found = until("an index is told", namespace, name, pictures, lambda: indices(namespace, name))
    assert healthy(namespace, name)["status"] == "True"
    assert max(found.values()) < 0.1
    measured("drift: index of the evaluation set itself", f"{max(found.values()):.3f}")


def test_other_inputs_are_told_and_take_no_server_away(namespace, name, measured):
    def told():
        return healthy(namespace, name)["reason"] == "OutputsDrifted"

    until("Healthy tells of it", namespace, name, drifting.inverted(), told)
    measured("drift: index of inverted images", f"{max(indices(namespace, name).values()):.2f}")
    assert waiting.current(namespace.get("mdep", name))["Ready"]["status"] == "True"
    [pod] = namespace.list("pods", f"modelsmith.dev/deployment={name}")
    assert {one["restartCount"] for one in pod["status"]["containerStatuses"]} == {0}


def test_what_was_is_again_and_healthy_says_so(namespace, name):
    def over():
        return healthy(namespace, name)["status"] == "True"

    until("Healthy is True again", namespace, name, drifting.evaluated(), over)
    assert "distributed as on the evaluation set" in healthy(namespace, name)["message"]
