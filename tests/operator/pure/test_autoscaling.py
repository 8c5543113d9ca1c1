"""The number of servers follows the load: who writes it, who follows whom, and what is told."""

import math

import pytest
from pure import making, revising, scaled, worlds

from model_operator import errors, kinds, names


def replicas(world):
    """What is written of it, and what there is."""
    key = kinds.Key(kinds.DEPLOYMENT, worlds.NAMESPACE, "digits")
    return world.applied[key]["spec"].get("replicas"), world.objects[key]["spec"]["replicas"]


@pytest.mark.parametrize(("arrange", "told", "words"), scaled.ROWS.values(), ids=scaled.ROWS)
def test_what_is_said_of_it_and_that_it_harms_nobody(arrange, told, words):
    world = arrange()
    status = world.reconcile()
    assert scaled.active(status) == told
    assert words in worlds.condition(status, "AutoscalingActive")["message"]
    assert revising.ready(status) in ("True/Serving", "False/Canary")


def test_the_number_to_start_with_is_written_once_and_then_left_to_the_autoscaler():
    world = making.world(serving=scaled.WITH)
    making.start_build(world)
    making.build_well(world)
    first = []
    keep = world._apply
    world._apply = lambda desired: (first.append(desired), keep(desired))[1]
    world.reconcile()
    written = [one["spec"].get("replicas") for one in first if one["kind"] == "Deployment"]
    assert written[0] == 2
    assert written[-1] is None
    assert replicas(world) == (None, 2)
    assert world.find(kinds.DEPLOYMENT)["metadata"]["annotations"][names.AUTOSCALED] == "true"
    assert world.find(scaled.HPA)["spec"]["scaleTargetRef"]["kind"] == "Deployment"


def test_what_it_decides_is_never_written_over():
    world = scaled.autoscaled()
    status = scaled.scaled(world, 5)
    assert replicas(world) == (None, 5)
    assert revising.ready(status) == "True/Serving"
    revising.serve(world, **{**scaled.WITH, **revising.SECOND})
    assert replicas(world) == (None, 5)


def test_servers_that_it_adds_keep_nobody_waiting():
    world = scaled.autoscaled()
    server = world.find(kinds.DEPLOYMENT)
    server["spec"]["replicas"] = 4
    making.roll(world, ready=2, updated=4)
    status = world.reconcile()
    assert revising.ready(status) == "True/Serving"
    assert revising.words(status) == "2 of 4 servers are ready"


def test_servers_that_it_adds_and_that_fail_are_told():
    world = scaled.autoscaled()
    server = world.find(kinds.DEPLOYMENT)
    server["spec"]["replicas"] = 3
    making.roll(world, ready=2, updated=3)
    making.server_pod(world, **making.unscheduled())
    assert revising.ready(world.reconcile()) == "False/Unschedulable"


def test_without_it_servers_that_are_missing_are_told():
    world = making.serving(serving=scaled.WITHOUT)
    making.roll(world, ready=1)
    assert revising.ready(world.reconcile()) == "False/ServersNotReady"


@pytest.mark.parametrize(
    ("asked", "present", "start"),
    [({"maxReplicas": 6}, 0, 2), ({"maxReplicas": 6}, 5, 5), ({"minReplicas": 4, "maxReplicas": 6}, 0, 4)],
    ids=["as asked", "as many as there were", "at least as many as may be"],
)
def test_a_deployment_that_was_replaced_starts_with(asked, present, start):
    world = scaled.autoscaled({**scaled.WITH, "autoscaling": asked})
    scaled.scaled(world, present) if present else None
    world.find(kinds.MODEL_DEPLOYMENT)["status"]["replicas"] = present
    world.drop(world.find(kinds.DEPLOYMENT))
    world.decision = None
    world.reconcile()
    assert replicas(world)[1] == start


def test_turned_off_the_spec_decides_once_the_autoscaler_has_gone():
    world = scaled.autoscaled()
    scaled.scaled(world, 5)
    revising.serve(world, **scaled.WITHOUT)
    assert not world.all(scaled.HPA)
    assert replicas(world) == (2, 2)
    assert names.AUTOSCALED not in world.find(kinds.DEPLOYMENT)["metadata"]["annotations"]
    assert scaled.active(world.reconcile()) is None


def test_turned_on_for_no_servers_it_starts_one():
    world = making.serving(serving={"replicas": 0})
    revising.serve(world, replicas=0, autoscaling={"maxReplicas": 3})
    assert replicas(world) == (None, 1)


def test_a_number_that_is_asked_meanwhile_is_told_to_be_ignored():
    world = scaled.autoscaled()
    scaled.scaled(world, 5)
    revising.serve(world, **{**scaled.WITH, "replicas": 3})
    assert replicas(world) == (None, 5)
    assert [one.reason for one in world.log].count("ReplicasIgnored") == 1
    world.reconcile()
    assert [one.reason for one in world.log].count("ReplicasIgnored") == 1


def test_it_goes_by_what_the_build_measured():
    world = scaled.autoscaled()
    queue, pending, cpu = world.find(scaled.HPA)["spec"]["metrics"]
    assert queue["pods"]["metric"]["name"] == "modelsmith_queue_seconds"
    assert queue["pods"]["target"]["averageValue"] == "50m"
    assert pending["pods"]["target"]["averageValue"] == "32"
    assert cpu["containerResource"] == {
        "name": "cpu",
        "container": "triton",
        "target": {"type": "Utilization", "averageUtilization": 80},
    }


def test_a_full_batch_is_of_the_size_that_is_asked_for():
    def queue(**serving):
        world = making.world(serving={**scaled.WITH, **serving})
        making.start_build(world)
        making.build_well(world, **making.QUANTIZED)
        for _ in range(2):
            world.reconcile()
            making.roll(world)
        return world.find(scaled.HPA)["spec"]["metrics"][0]["pods"]["target"]["averageValue"]

    measured = making.QUANTIZED["capacity"]
    assert queue() == f"{math.ceil(measured['batchSeconds'] * 32 / measured['maxBatch'] * 1000)}m"
    assert (
        queue(batching={"maxBatchSize": 1024})
        == f"{math.ceil(measured['batchSeconds'] * 1024 / measured['maxBatch'] * 1000)}m"
    )
    assert queue(batching={"maxBatchSize": 1}) == "5m", "less is noise"


def test_with_gpus_the_cpu_says_nothing():
    world = scaled.autoscaled({**scaled.WITH, **making.GPUS})
    assert [one["type"] for one in world.find(scaled.HPA)["spec"]["metrics"]] == ["Pods", "Pods"]


def test_what_is_asked_for_is_all_that_counts():
    asked = {"maxReplicas": 6, "cpu": {"targetUtilization": 60}, "metrics": [{"name": "clients", "target": "1500m"}]}
    cpu, metric = scaled.autoscaled({"autoscaling": asked}).find(scaled.HPA)["spec"]["metrics"]
    assert cpu["containerResource"]["target"]["averageUtilization"] == 60
    assert metric["pods"] == {
        "metric": {"name": "clients"},
        "target": {"type": "AverageValue", "averageValue": "1500m"},
    }


def test_its_pace_is_that_of_a_cold_start():
    world = scaled.autoscaled()
    assert world.find(scaled.HPA)["spec"]["behavior"]["scaleUp"]["policies"][0]["periodSeconds"] == 15
    pod = revising.pod(world, ready=True)
    pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-02T03:00:00Z"},
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:03:20Z"},
    ]
    status = world.reconcile()
    assert status["autoscaling"]["coldStartSeconds"] == 200
    behavior = world.find(scaled.HPA)["spec"]["behavior"]
    assert behavior["scaleUp"]["policies"][0]["periodSeconds"] == 210
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 405
    pod["status"]["conditions"][1]["lastTransitionTime"] = "2026-01-02T03:09:00Z"
    assert world.reconcile()["autoscaling"]["coldStartSeconds"] == 200, "it left the rotation, and came back"


def test_a_drain_takes_one_at_a_time_where_there_may_be_several():
    world = scaled.autoscaled({"replicas": 1, "autoscaling": {"maxReplicas": 2}})
    assert world.all(kinds.POD_DISRUPTION_BUDGET)


def test_while_a_revision_is_tried_the_number_is_held():
    world = revising.seasoned(**scaled.WITH, rollout={"strategy": "canary"})
    scaled.scaled(world, 4)
    status = revising.serve(world, **{**scaled.WITH, **revising.THIRD, "rollout": {"strategy": "canary"}})
    assert status["rollout"]["strategy"] == "canary"
    behavior = world.find(scaled.HPA)["spec"]["behavior"]
    assert {behavior[way]["selectPolicy"] for way in ("scaleUp", "scaleDown")} == {"Disabled"}
    assert replicas(world) == (None, 4)
    assert scaled.active(scaled.says(world, scaled.WORKS)) == "True/ScalingHeld"


def test_what_the_autoscaler_says_is_told_in_its_words_and_harms_nobody():
    world = scaled.autoscaled()
    assert scaled.active(world.reconcile()) is None, "it has not said anything yet"
    status = scaled.says(world, scaled.BLIND)
    assert scaled.active(status) == "False/MetricsUnavailable"
    assert "FailedGetPodsMetric: no custom metrics API" in worlds.condition(status, "AutoscalingActive")["message"]
    assert revising.ready(status) == "True/Serving"
    status = scaled.says(world, scaled.WORKS)
    assert scaled.active(status) == "True/Scaling"
    assert worlds.condition(status, "AutoscalingActive")["message"] == (
        "between 1 and 6 servers, by queue time 50 ms, 32 pending requests a server, CPU 80 %"
    )


def test_what_cannot_be_written_of_it_harms_nobody():
    world = scaled.autoscaled()
    world.drop(world.find(scaled.HPA))
    world.refuse = {scaled.HPA: errors.ApiError(403, "Forbidden", "no such right")}
    status = world.reconcile()
    assert scaled.active(status) == "False/ApplyRefused"
    assert revising.ready(status) == "True/Serving"


def test_an_autoscaler_of_somebody_else_is_left_to_its_work():
    world = making.serving(serving=scaled.WITHOUT)
    scaled.foreign(world)
    status = scaled.scaled(world, 7)
    assert replicas(world) == (None, 7)
    assert scaled.active(status) == "True/ForeignAutoscaler"
    assert "HorizontalPodAutoscaler 'by-hand' decides" in worlds.condition(status, "AutoscalingActive")["message"]
    world.drop(world.find(scaled.HPA, "by-hand"))
    assert scaled.active(world.reconcile()) is None
    assert replicas(world) == (2, 2)


def test_one_of_another_deployment_is_none_of_ours():
    world = making.serving(serving=scaled.WITHOUT)
    scaled.foreign(world, target="other")
    assert scaled.active(scaled.scaled(world, 7)) is None
    assert replicas(world) == (2, 2), "somebody's hand: drift"


def test_beside_one_of_somebody_else_none_of_ours_is_made():
    world = making.serving(serving=scaled.WITHOUT)
    scaled.foreign(world)
    status = revising.serve(world, **scaled.WITH)
    assert [one["metadata"]["name"] for one in world.all(scaled.HPA)] == ["by-hand"]
    assert scaled.active(status) == "False/ForeignAutoscaler"
    assert replicas(world) == (None, 2)
    world.drop(world.find(scaled.HPA, "by-hand"))
    world.reconcile()
    assert [one["metadata"]["name"] for one in world.all(scaled.HPA)] == ["digits"]


def test_keda_is_asked_for_what_it_can():
    world = scaled.autoscaled(scaled.WITH_KEDA)
    spec = world.find(scaled.KEDA)["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 6)
    [trigger] = spec["triggers"]
    assert trigger == {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": worlds.PROMETHEUS,
            "query": scaled.ACTIVATION["query"],
            "threshold": "100",
            "activationThreshold": "0",
        },
    }
    assert not world.all(scaled.HPA)


def test_scaled_to_zero_is_ready():
    world = scaled.autoscaled(scaled.WITH_KEDA)
    scaled.made_by_keda(world)
    status = scaled.scaled(world, 0)
    assert replicas(world) == (None, 0)
    assert revising.ready(status) == "True/ScaledToZero"
    assert worlds.brief(status)["Available"] == "False/ScaledToZero"


def test_another_engine_waits_until_the_first_has_gone():
    world = scaled.autoscaled(scaled.WITH_KEDA)
    scaled.made_by_keda(world)
    scaled.scaled(world, 3)
    revising.serve(world, **scaled.WITH)
    assert not world.all(scaled.KEDA)
    assert [one["metadata"]["name"] for one in world.all(scaled.HPA)] == [names.of_keda("digits")]
    status = world.reconcile()
    assert scaled.active(status) == "False/EngineLeaving"
    assert replicas(world) == (None, 3)
    world.drop(world.find(scaled.HPA))
    world.reconcile()
    assert [one["metadata"]["name"] for one in world.all(scaled.HPA)] == ["digits"]
    assert replicas(world) == (None, 3)


def test_and_the_other_way_round():
    world = scaled.autoscaled()
    scaled.scaled(world, 3)
    revising.serve(world, **scaled.WITH_KEDA)
    assert not world.all(scaled.HPA)
    assert world.find(scaled.KEDA)["metadata"]["name"] == "digits"
    assert replicas(world) == (None, 3)


def test_a_cluster_without_keda_keeps_its_servers():
    world = scaled.autoscaled()
    scaled.scaled(world, 3)
    missing = errors.KedaMissing(
        kinds.Key(scaled.KEDA, worlds.NAMESPACE, "digits"), "", "the cluster does not serve it"
    )
    world.refuse = {scaled.KEDA: missing}
    status = revising.serve(world, **scaled.WITH_KEDA)
    assert scaled.active(status) == "False/KedaMissing"
    assert revising.ready(status) == "True/Serving"
    assert replicas(world) == (None, 3)
    assert world.decision.requeue_after <= 60
    world.refuse = {}
    world.reconcile()
    scaled.made_by_keda(world)
    assert scaled.active(world.reconcile()) == "True/Scaling"
