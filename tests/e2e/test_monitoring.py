"""From Triton to what an autoscaler reads: real Prometheus, prometheus-adapter and metrics-server."""

import pytest

from cluster import certificates
from e2e import manifests, querying, waiting
from model_operator import names

MODEL = "measured"
#: Twice what metrics-server needs for its first figures of a pod.
PATIENCE = 60


@pytest.fixture(scope="module")
def pod(monitoring, workshop):
    """The pod that serves MODEL, with its labels."""
    workshop.apply(manifests.model_deployment(MODEL, manifests.from_config_map("small")))
    waiting.ready(workshop, MODEL)
    [found] = workshop.list("pods", f"{names.DEPLOYMENT_LABEL}={MODEL}")
    yield found
    workshop.delete("mdep", MODEL)


def test_the_use_of_the_node_is_known(monitoring, workshop):
    path = f"/apis/metrics.k8s.io/v1beta1/nodes/{certificates.NODE}"
    measured = waiting.until("the node is measured", lambda: querying.raw(path), PATIENCE, workshop)
    assert set(measured["usage"]) == {"cpu", "memory"}


def test_the_use_of_a_servers_containers_is_known(workshop, pod):
    name = pod["metadata"]["name"]
    found = waiting.until("the pod is measured", lambda: querying.usage(workshop.name).get(name), PATIENCE, workshop)
    assert found == {names.TRITON, names.SENTINEL}


@pytest.mark.parametrize("metric", ["nv_inference_request_success", "modelsmith_sentinel_ready"])
def test_series_of_a_server_say_whose_they_are(workshop, pod, metric):
    metadata = pod["metadata"]
    expression = f'{metric}{{pod="{metadata["name"]}"}}'
    found = waiting.until(f"there is {metric}", lambda: querying.series(expression), PATIENCE, workshop)
    wanted = (workshop.name, metadata["name"], MODEL, names.STABLE, metadata["labels"][names.REVISION])
    assert {tuple(labels[label] for label in querying.LABELS) for labels, _ in found} == {wanted}


def test_prometheus_finds_the_operator(monitoring, operator):
    found = waiting.until(
        "it is scraped", lambda: querying.series("modelsmith_operator_leading == 1"), PATIENCE, operator
    )
    assert {labels["namespace"] for labels, _ in found} == {operator.name}


@pytest.mark.parametrize("metric", ["modelsmith_pending_requests", "modelsmith_queue_seconds"])
def test_an_autoscaler_can_read_how_much_waits(workshop, pod, metric):
    name = pod["metadata"]["name"]
    value = waiting.until(
        f"{metric} is served", lambda: querying.custom(workshop.name, metric).get(name), PATIENCE, workshop
    )
    assert value == "0"
