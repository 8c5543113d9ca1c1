"""What dashboards and rules ask for is there in a live Prometheus that has scraped a server and the operator."""

import pytest

from e2e import alerting, lanes, manifests, predicting, querying, waiting
from monitoring import files, naming

#: It gives Prometheus rules.
pytestmark = lanes.ALONE

NAME = "pictured"
#: Named by nothing before it happened, and why.
AFTER_AN_EVENT = {
    "modelsmith_sentinel_certificate_expiry_timestamp_seconds": "only with spec.serving.tls",
    "modelsmith_sentinel_output_psi": "only with spec.serving.drift, after 500 samples",
    "nv_inference_request_failure": "newer servers know it from the start, some only after a failure",
}
SERVING = {"autoscaling": {"maxReplicas": 2, "pendingRequests": {"target": 8}}}
PATIENCE = 90


@pytest.fixture(scope="module")
def live(monitoring, workshop):
    """Names of the metrics that Prometheus has, once the model of this file was scraped, recorded and scaled."""
    with alerting.loaded(alerting.shipped()):
        manifest = manifests.model_deployment(NAME, manifests.from_config_map("small"), serving=SERVING)
        workshop.apply(manifest)
        waiting.ready(workshop, NAME)
        assert predicting.mark(workshop, NAME) == 1
        recorded = f'namespace_deployment:modelsmith_request_seconds:mean5m{{deployment="{NAME}"}}'
        waiting.until("its requests are recorded", lambda: querying.series(recorded), PATIENCE, workshop)
        yield {labels["__name__"] for labels, _ in querying.series('count by (__name__) ({__name__!=""})')}
        workshop.delete("mdep", NAME)


def chosen(path, namespace):
    """What the panels of a dashboard ask, once somebody has chosen a model."""
    return [each.replace("$namespace", namespace.name).replace("$deployment", NAME) for each in files.expressions(path)]


def asked():
    """Whatever asks Prometheus: file -> its expressions."""
    rules = {path.stem: [rule["expr"] for rule in files.rules(path)] for path in (files.RECORDING, files.ALERTS)}
    return rules | {path.stem: files.expressions(path) for path in files.DASHBOARDS}


@pytest.mark.parametrize("name", asked())
def test_every_metric_is_there(live, name):
    assert naming.missing(asked()[name], live | AFTER_AN_EVENT.keys()) == set()


@pytest.mark.parametrize("path", files.DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_is_answered_and_most_show_something(live, workshop, path):
    """An expression that Prometheus refuses is an HTTP error; an answer may be empty, for what has not happened."""
    expressions = chosen(path, workshop)
    shown = [expression for expression in expressions if querying.series(expression)]
    assert len(shown) >= len(expressions) // 2, set(expressions) - set(shown)
