"""Who writes the number of servers, on a real API server with Kubernetes' own autoscaler in its controller-manager."""

import pytest
from edge import clusters, resources

from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")
HPA, KEDA = kinds.HORIZONTAL_POD_AUTOSCALER, kinds.SCALED_OBJECT
#: The manager as which Kubernetes' autoscaler writes.
CONTROLLER = "kube-controller-manager"


def change(namespace, **serving):
    """`kubectl patch`; null takes a field away."""
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"serving": serving}})


def replicas(namespace):
    return namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["replicas"]


def owners(namespace):
    """Who owns the number of servers."""
    managed = namespace.find(kinds.DEPLOYMENT, "digits")["metadata"]["managedFields"]
    return {one["manager"] for one in managed if "f:replicas" in one["fieldsV1"].get("f:spec", {})}


def scaled(namespace, count, manager=CONTROLLER):
    """Through the subresource, as an autoscaler does and `kubectl scale`."""
    path = namespace.path(kinds.DEPLOYMENT, "digits", "scale")
    body = {"spec": {"replicas": count}}
    namespace.cluster.call("PATCH", f"{path}?fieldManager={manager}", body, "application/merge-patch+json")


def until_reason(namespace, reason):
    return resources.until_reason(namespace, "digits", reason, "AutoscalingActive")


def until_followed(namespace):
    """The number is let go of: the Deployment says so."""

    def look():
        annotations = namespace.find(kinds.DEPLOYMENT, "digits")["metadata"]["annotations"]
        return names.AUTOSCALED in annotations

    clusters.until(look, "the number of servers is let go of")


def settled(namespace, path):
    """A change that makes another revision has been written: so everything else has, too."""
    change(namespace, nodeSelector={"disk": path})

    def look():
        pod = namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["template"]["spec"]
        return pod.get("nodeSelector") == {"disk": path}

    clusters.until(look, "the other revision is written")


def foreign(namespace, name="by-hand"):
    """An autoscaler that does nothing, because it sees nothing."""
    aim = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "digits"}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    spec = {"scaleTargetRef": aim, "minReplicas": 1, "maxReplicas": 9, "metrics": [cpu]}
    namespace.create(HPA, {"metadata": {"name": name}, "spec": spec})


def test_the_number_changes_hands_and_keeps_its_value(served):
    change(served, replicas=3)
    clusters.until(lambda: replicas(served) == 3, "three are wanted")
    change(served, autoscaling={"maxReplicas": 6})
    until_followed(served)
    assert replicas(served) == 3
    assert owners(served) == {names.SCALE_MANAGER}
    scaled(served, 5)
    settled(served, "a")
    assert replicas(served) == 5
    assert owners(served) == {CONTROLLER}


def test_and_back_once_the_autoscaler_has_gone(served):
    change(served, autoscaling={"maxReplicas": 6})
    until_followed(served)
    scaled(served, 5)
    settled(served, "a")
    change(served, autoscaling=None, replicas=2)
    clusters.until(lambda: served.find(HPA, "digits") is None, "the autoscaler is gone")
    clusters.until(lambda: replicas(served) == 2, "the spec decides")
    assert owners(served) == {names.FIELD_MANAGER}
    change(served, replicas=4)
    clusters.until(lambda: replicas(served) == 4, "and goes on to")


def test_an_autoscaler_that_sees_nothing_says_so_in_its_own_words(served):
    change(served, autoscaling={"maxReplicas": 6})
    found = until_reason(served, "MetricsUnavailable")
    told = resources.condition(found, "AutoscalingActive")
    assert told["status"] == "False"
    assert "HorizontalPodAutoscaler 'digits': FailedGet" in told["message"]
    assert "no client" in told["message"] or "custom metrics API" in told["message"] or "metrics" in told["message"]
    assert resources.condition(found, "Ready")["reason"] == "Serving"


def test_a_deployment_made_anew_has_as_many_as_before(served):
    change(served, autoscaling={"maxReplicas": 6})
    until_followed(served)
    scaled(served, 4)
    clusters.until(
        lambda: served.find(kinds.MODEL_DEPLOYMENT, "digits")["status"].get("replicas") == 4, "the status knows"
    )
    uid = served.find(kinds.DEPLOYMENT, "digits")["metadata"]["uid"]
    served.delete(kinds.DEPLOYMENT, "digits")

    def anew():
        found = served.find(kinds.DEPLOYMENT, "digits")
        return found and found["metadata"]["uid"] != uid and names.AUTOSCALED in found["metadata"]["annotations"]

    clusters.until(anew, "it is there anew")
    assert replicas(served) == 4


def test_one_of_somebody_else_is_left_to_its_work_until_it_goes(served):
    foreign(served)
    scaled(served, 4)
    until_reason(served, "ForeignAutoscaler")
    settled(served, "a")
    assert replicas(served) == 4
    change(served, autoscaling={"maxReplicas": 6})
    settled(served, "b")
    assert served.find(HPA, "digits") is None
    served.delete(HPA, "by-hand")
    clusters.until(lambda: served.find(HPA, "digits"), "ours takes over", 90)
    assert replicas(served) == 4


def test_a_hand_on_the_deployment_is_drift(served):
    scaled(served, 4, "kubectl")
    clusters.until(lambda: replicas(served) == 1, "it is taken back")


def test_kedas_kind_is_removed_and_installed_while_all_goes_on(served, cluster):
    asked = {"engine": "keda", "maxReplicas": 6, "cpu": {"targetUtilization": 60}}
    change(served, autoscaling=asked)
    clusters.until(lambda: served.find(KEDA, "digits"), "a ScaledObject is there")
    scaled(served, 3)
    settled(served, "a")
    cluster.remove_keda()
    try:
        settled(served, "b")
        found = until_reason(served, "KedaMissing")
        assert resources.condition(found, "Ready")["reason"] in ("Serving", "RollingOut", "ServersNotReady")
        assert replicas(served) == 3
    finally:
        cluster.install_keda()
    settled(served, "c")
    clusters.until(lambda: served.find(KEDA, "digits"), "the ScaledObject is back")
    assert replicas(served) == 3


def test_from_one_engine_to_the_other(served):
    change(served, autoscaling={"maxReplicas": 6, "cpu": {}})
    clusters.until(lambda: served.find(HPA, "digits"), "a HorizontalPodAutoscaler is there")
    change(served, autoscaling={"engine": "keda"})
    clusters.until(lambda: served.find(KEDA, "digits"), "a ScaledObject is there")
    assert served.find(HPA, "digits") is None
    change(served, autoscaling={"engine": "hpa"})
    clusters.until(lambda: served.find(HPA, "digits"), "a HorizontalPodAutoscaler is there again")
    assert served.find(KEDA, "digits") is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"minReplicas": 4, "maxReplicas": 2}, "minReplicas may not exceed maxReplicas"),
        ({"minReplicas": 0, "maxReplicas": 2}, "minReplicas 0 needs engine: keda"),
        ({"engine": "keda", "minReplicas": 0, "maxReplicas": 2}, "minReplicas 0 needs a query with activation"),
        ({"maxReplicas": 2, "queries": [{"query": "up", "target": 1}]}, "queries are for engine keda"),
        ({"engine": "keda", "maxReplicas": 2, "metrics": [{"name": "a", "target": 1}]}, "metrics are of the custom"),
        ({"maxReplicas": 2, "metrics": [{"name": "a", "target": "0"}]}, "target must be more than 0"),
        ({"maxReplicas": 2, "scaleDownAfter": "61m"}, "scaleDownAfter may be at most 1h"),
        ({"maxReplica": 2}, "unknown field"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(namespace, asked, words):
    with pytest.raises(clusters.Refused, match=words):
        resources.deploy(namespace, "digits", resources.spec(autoscaling=asked))
