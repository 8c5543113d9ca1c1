"""What clients get changes while the server computes as ever: told by Healthy, and by nothing that ends a server."""

import io
import urllib.request

import numpy as np
import pytest
import yaml
from tritonclient import http

from e2e import digitsmodel, predicting, waiting
from e2e import manifests as made
from model_serving import settings

SAMPLE_EVERY = 2
#: Rows of a request, and seconds until Healthy has heard of what was asked.
ROWS, PATIENCE = 30, 180


@pytest.fixture(scope="module")
def manifest():
    """The example as it is, and a sample of every other request."""
    found = yaml.safe_load(digitsmodel.MANIFEST.read_text())
    found["spec"]["serving"] |= {"drift": {"sampleEvery": SAMPLE_EVERY}, "resources": made.SMALL}
    return found


@pytest.fixture(scope="module")
def name(namespace, manifest):
    """Of the example, once it is Ready."""
    source = manifest["spec"]["model"]["source"]["configMap"]["name"]
    namespace.apply(made.config_map(source, digitsmodel.files()), manifest)
    name = manifest["metadata"]["name"]
    waiting.ready(namespace, name)
    return name


@pytest.fixture(scope="module")
def pictures():
    """The evaluation set that the build counted answers to, (n, 1, 8, 8)."""
    with np.load(io.BytesIO(digitsmodel.files()["test.npz"])) as archive:
        return archive["image"]


def ask(namespace, name, pictures):
    """All of them, some at a time."""
    client = http.InferenceServerClient(predicting.address(namespace, name))
    for begin in range(0, len(pictures), ROWS):
        rows = pictures[begin : begin + ROWS]
        asked = http.InferInput("image", rows.shape, "FP32")
        asked.set_data_from_numpy(rows)
        client.infer(name, [asked])
    client.close()


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


def test_the_evaluation_set_does_not_drift(namespace, name, pictures, measured):
    def counted():
        ask(namespace, name, pictures)
        return indices(namespace, name)

    found = waiting.until("an index is told", counted, PATIENCE, namespace)
    assert healthy(namespace, name)["status"] == "True"
    assert max(found.values()) < 0.1
    measured("drift: index of the evaluation set itself", f"{max(found.values()):.3f}")


def test_other_inputs_are_told_and_take_no_server_away(namespace, name, pictures, measured):
    """Clients that send white on black as black on white."""
    turned = (pictures.max() - pictures).astype(pictures.dtype)

    def told():
        ask(namespace, name, turned)
        return healthy(namespace, name)["reason"] == "OutputsDrifted"

    waiting.until("Healthy tells of it", told, PATIENCE, namespace)
    measured("drift: index of inverted images", f"{max(indices(namespace, name).values()):.2f}")
    assert waiting.current(namespace.get("mdep", name))["Ready"]["status"] == "True"
    [pod] = namespace.list("pods", f"modelsmith.dev/deployment={name}")
    assert {one["restartCount"] for one in pod["status"]["containerStatuses"]} == {0}


def test_what_was_is_again_and_healthy_says_so(namespace, name, pictures):
    def over():
        ask(namespace, name, pictures)
        return healthy(namespace, name)["status"] == "True"

    waiting.until("Healthy is True again", over, PATIENCE, namespace)
    assert "distributed as on the evaluation set" in healthy(namespace, name)["message"]
