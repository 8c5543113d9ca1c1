"""Each alert fires of a real cause, in the real Prometheus, and five minutes that are well are silent.

Rules are the chart's. For the causes their durations are shortened, and nothing else (monitoring/shortening.py); of the
five minutes nothing may be told by them or by the shipped ones, not even for a moment. Every alert is caused here in
each of its severities. What is left to promtool's test alone (monitoring/test_alerts.py) are other ways into the same
alert: a canary whose analysis fails (ModelsmithRolledBack), a leader that is there and does not lead
(ModelsmithOperatorDown), a queue without an autoscaler, and waiting times as they are shipped.
"""

import time

import pytest

from e2e import alerting, depriving, drifting, harming, installing, loading, manifests, predicting, smallmodels, waiting

SILENT_SECONDS = 300
CALM = {"autoscaling": {"maxReplicas": 2, "pendingRequests": {"target": 8}}}
#: Its clients go home after this.
CROWD_SECONDS = 1200
CLIENTS = 24
#: Alert, of which model, how bad, what else it says.
FIRES = (
    ("ModelsmithServerRestarting", "mortal", "warning", {}),
    ("ModelsmithRolledBack", "tuned", "warning", {"reason": "RolledBack"}),
    ("ModelsmithDrift", "drifting", "critical", {}),
    ("ModelsmithModelDown", "down", "critical", {}),
    ("ModelsmithCertificateExpiring", "sealed", "warning", {}),
    ("ModelsmithCertificateExpiring", "ending", "critical", {}),
    ("ModelsmithQueueGrowing", "crowded", "warning", {}),
    ("ModelsmithRequestsFailing", "mortal", "critical", {}),
    ("ModelsmithRequestsFailing", "mortal", "warning", {}),
    ("ModelsmithAutoscalingBroken", "drifting", "warning", {"reason": "MetricsUnavailable"}),
    ("ModelsmithModelNotReady", "down", "warning", {"reason": "Unschedulable"}),
    ("ModelsmithAccuracyBelowGate", "gated", "warning", {}),
    ("ModelsmithBuildFailing", "kept", "warning", {"reason": "FactoryFailed"}),
    ("ModelsmithModelOutdated", "kept", "warning", {}),
)
#: After the last cause: the longest wait is four minutes (shortened), and builds take their time.
FIRES_WITHIN = 420
#: Watches are opened anew every two minutes; a token of ten is renewed when two are left.
OPERATOR_WITHIN = 400


@pytest.fixture(scope="module")
def calm(namespace, monitoring):
    """A model that serves, scaled by its load, and clients that do not hurry."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment("calm", manifests.from_config_map("small"), serving=CALM),
    )
    waiting.ready(namespace, "calm")
    waiting.condition(namespace, "calm", "AutoscalingActive", "True", seconds=90)
    with loading.Crowd(address(namespace, "calm"), smallmodels.ZERO, pause=1.0, at_most=3600, clients=4) as crowd:
        yield crowd


def address(namespace, name):
    return f"http://{predicting.address(namespace, name)}/v2/models/{name}/infer"


@pytest.fixture(scope="module")
def rules(calm):
    with alerting.loaded(alerting.shortened()):
        yield


@pytest.fixture(scope="module")
def caused(rules, namespace, images):
    """Everything goes wrong, each model in its way."""
    harming.serve(namespace)
    watch = alerting.Watch()
    with loading.Crowd(
        address(namespace, "crowded"), smallmodels.ZERO, pause=0.2, at_most=CROWD_SECONDS, clients=CLIENTS
    ) as crowd:
        harming.harm(namespace, images)
        yield watch, crowd


def fires(place, watch, alert, seconds, **labels):
    """The alert, once it has fired."""
    found = waiting.until(f"{alert} fires", lambda: watch.fired(alert, **labels), seconds, place)
    return {name: value for name, value in found[0].items() if name not in {"alertname", "alertstate"}}


def concerning(namespace, told):
    """Without what Prometheus remembers of models of earlier tests: a rule looks back for six hours."""
    spaces, models = {namespace.name, installing.NAMESPACE.name, None}, {"calm", None}
    return [labels for labels in told if labels.get("namespace") in spaces and labels.get("name") in models]


def test_five_minutes_that_are_well_are_silent(namespace, calm, measured):
    with alerting.loaded(alerting.shipped() | alerting.shortened()):
        waiting.until("nothing is told", lambda: not concerning(namespace, alerting.told(15)), 120, namespace)
        watch, failures = alerting.Watch(), len(calm.tally.failures)
        time.sleep(SILENT_SECONDS)
        assert concerning(namespace, watch.pending()) == []
    assert calm.tally.failures[failures:] == []
    measured("five quiet minutes: alerts that fired, or would have without patience", "0")


@pytest.mark.parametrize(("alert", "name", "severity", "says"), FIRES, ids=lambda value: value or "")
def test_its_cause_fires_it(namespace, caused, alert, name, severity, says):
    watch, _ = caused
    labels = {"namespace": namespace.name, "name": name, "severity": severity, **says}
    assert fires(namespace, watch, alert, FIRES_WITHIN, **labels)


def test_a_model_that_is_well_meanwhile_fires_nothing(namespace, caused):
    watch, _ = caused
    assert [labels for labels in watch.pending() if labels.get("name") == "calm"] == []


def test_what_is_mended_is_silent_again(namespace, caused, images):
    _, crowd = caused
    crowd.home.set()
    harming.mend(namespace, images)
    for name in harming.SERVED:
        waiting.ready(namespace, name)
    waiting.until("all is silent", lambda: not alerting.firing(namespace=namespace.name), 240, namespace)


def test_answers_that_drift_are_told(rules, namespace):
    name, pictures = drifting.serve(namespace), drifting.inverted()
    labels = {"namespace": namespace.name, "name": name, "reason": "OutputsDrifted", "severity": "warning"}
    watch = alerting.Watch()

    def fired():
        drifting.ask(namespace, name, pictures)
        return watch.fired("ModelsmithChanged", **labels)

    assert waiting.until("ModelsmithChanged fires", fired, FIRES_WITHIN, namespace)
    namespace.delete("mdep", name)


def test_an_operator_that_hears_nothing_of_a_kind_and_whose_token_ends_soon_is_told(rules, operator):
    """Both take their time, and so are caused together."""
    deaf = {"namespace": operator.name, "kind": "PodDisruptionBudget"}
    with depriving.of_a_long_life(), depriving.of_the_right("watch", "poddisruptionbudgets"):
        watch = alerting.Watch()
        assert "pod" in fires(operator, watch, "ModelsmithOperatorNotWatching", OPERATOR_WITHIN, **deaf)
        assert "pod" in fires(operator, watch, "ModelsmithTokenExpiring", OPERATOR_WITHIN, namespace=operator.name)


def test_an_operator_that_may_not_write_is_told(rules, namespace, operator):
    labels = {"namespace": operator.name, "kind": "ModelDeployment"}
    unheard = manifests.model_deployment("unheard", manifests.from_config_map("small"), suspend=True)
    watch = alerting.Watch()
    with depriving.of_the_right("patch", "modeldeployments/status"):
        namespace.apply(unheard)
        deadline = time.monotonic() + 180
        while not watch.fired("ModelsmithReconcileErrors", **labels) and time.monotonic() < deadline:
            namespace.annotate("mdep", "unheard", "look-again", str(time.monotonic()))
            time.sleep(2)
        assert watch.fired("ModelsmithReconcileErrors", **labels)
    # Without news it would be tried again within five minutes.
    namespace.annotate("mdep", "unheard", "look-again", "now")
    waiting.condition(namespace, "unheard", "Ready", "False", "Suspended")
    waiting.until("it is over", lambda: not alerting.firing(alertname="ModelsmithReconcileErrors"), 120, namespace)


def test_no_operator_is_told_and_one_that_comes_back_too(rules, operator):
    watch = alerting.Watch()
    with depriving.of_replicas():
        assert fires(operator, watch, "ModelsmithOperatorDown", 120)["severity"] == "warning"
    down = {"alertname": "ModelsmithOperatorDown"}
    waiting.until("it is over", lambda: not alerting.firing(**down), 60, installing.NAMESPACE)
