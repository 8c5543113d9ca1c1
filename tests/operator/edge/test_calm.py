"""When nothing changes, nothing is written: resyncs, restarts, conflicts, failures."""

import time

import pytest
from edge import clusters, kubelet, processes, resources

from model_operator import kinds, names

RESYNC = "MODELSMITH_RESYNC_SECONDS"


def settled(operator: processes.Operator, seconds: float = 2.0) -> int:
    """Wait until the operator has written nothing for a while; answers the place in the audit log."""

    def quiet() -> int:
        place = operator.cluster.now()
        time.sleep(seconds)
        return 0 if operator.writes(place) else operator.cluster.now()

    return clusters.until(quiet, "the operator has nothing left to write")


def resyncs(operator: processes.Operator) -> float:
    return operator.metric("modelsmith_operator_resyncs_total")


@pytest.fixture
def many(namespace: clusters.Namespace, operator: processes.Operator) -> clusters.Namespace:
    """A namespace with 20 ModelDeployments that share a build and serve."""
    resources.provide_source(namespace)
    for number in range(20):
        resources.deploy(namespace, f"digits-{number}")
    resources.build(namespace)
    for number in range(20):
        clusters.until(lambda name=f"digits-{number}": namespace.find(kinds.DEPLOYMENT, name), "there is a Deployment")
        kubelet.serve(namespace, f"digits-{number}")
    for number in range(20):
        resources.until_reason(namespace, f"digits-{number}", "Serving")
    return namespace


def test_resyncs_and_restarts_write_nothing(many, operator):
    settled(operator)
    assert operator.writes(0), "the audit log knows the operator"
    operator.restart(**{RESYNC: "1"})
    since = operator.cluster.now()
    clusters.until(lambda: resyncs(operator) >= 3, "three resyncs are done")
    assert operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}') >= 60
    assert operator.writes(since) == []
    since = operator.cluster.now()
    operator.restart()
    clusters.until(lambda: _handled(operator) >= 20, "every resource was looked at after the restart")
    assert operator.writes(since) == []


def _handled(operator: processes.Operator) -> float:
    return operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}')


def test_a_deletion_that_was_missed_is_noticed(namespace, operator):
    """The child goes while nobody watches: only the LIST can tell."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    settled(operator)
    assert operator.stop() == 0
    namespace.delete(kinds.SERVICE, "digits")
    operator.start()
    clusters.until(lambda: namespace.find(kinds.SERVICE, "digits"), "the Service is back")


def test_a_resource_that_was_deleted_while_nobody_watched_leaves_nothing(namespace, operator):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.only_job(namespace)
    assert operator.stop() == 0
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    operator.start()
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")


def test_an_object_of_somebody_else_is_left_alone_and_named(namespace, operator):
    port = {"port": 80, "protocol": "TCP"}
    theirs = namespace.create(kinds.SERVICE, {"metadata": {"name": "digits"}, "spec": {"ports": [port]}})
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    found = resources.until_reason(namespace, "digits", "NameTaken")
    assert "Service" in resources.condition(found, "Ready")["message"]
    place = settled(operator)
    time.sleep(3)
    assert operator.writes(place) == []
    after = namespace.find(kinds.SERVICE, "digits")
    assert after["metadata"]["resourceVersion"] == theirs["metadata"]["resourceVersion"]


def test_a_field_that_another_manager_applies_is_left_to_it_and_named(namespace, operator):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    selector = {"spec": {"selector": {names.DEPLOYMENT_LABEL: "theirs"}}}
    namespace.apply(kinds.SERVICE, "digits", selector, "gitops")
    told = clusters.until(lambda: _event(namespace, "FieldConflict"), "the conflict is told")
    assert "gitops" in told["message"]
    before = operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}')
    time.sleep(3)
    after = operator.metric('modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}')
    assert after - before <= 1
    assert namespace.find(kinds.SERVICE, "digits")["spec"]["selector"][names.DEPLOYMENT_LABEL] == "theirs"


def _event(namespace: clusters.Namespace, reason: str) -> kinds.Manifest | None:
    return next((event for event in namespace.list(clusters.EVENT) if event["reason"] == reason), None)


def test_only_the_namespaces_that_are_named_are_watched(cluster, namespace, operator):
    other = cluster.namespace()
    for each in (namespace, other):
        resources.provide_source(each)
    operator.restart(MODELSMITH_NAMESPACES=namespace.name)
    try:
        for each in (other, namespace):
            resources.deploy(each, "digits")
        resources.only_job(namespace)
        assert other.list(kinds.MODEL_BUILD) == []
    finally:
        operator.restart()
    resources.only_job(other)


def test_it_is_small_and_idle(operator):
    settled(operator)
    before, started = operator.seconds(), time.monotonic()
    time.sleep(5)
    share = (operator.seconds() - before) / (time.monotonic() - started)
    assert share < 0.02
    assert operator.resident() < 110e6


def test_a_server_that_goes_away_is_said(namespace, operator):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    pod = namespace.list(kinds.POD, f"{names.DEPLOYMENT_LABEL}=digits")[0]["metadata"]["name"]
    conditions = [{"type": "Ready", "status": "False", "lastTransitionTime": kubelet.now()}]
    namespace.patch(kinds.POD, pod, {"status": {"conditions": conditions}}, "status")
    found = clusters.until(
        lambda: (
            (one := namespace.find(kinds.MODEL_DEPLOYMENT, "digits"))
            and resources.condition(one, "Ready")["status"] == "False"
            and one
        ),
        "Ready is False",
    )
    assert resources.condition(found, "Available")["status"] == "False"
