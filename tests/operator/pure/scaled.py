"""Models whose servers follow the load: how it comes about, and what is said of it."""

import dataclasses
from typing import Any

from pure import making, revising, worlds

from model_operator import errors, kinds, names

HPA, KEDA = kinds.HORIZONTAL_POD_AUTOSCALER, kinds.SCALED_OBJECT
WITHOUT = {"replicas": 2}
WITH = {"replicas": 2, "autoscaling": {"maxReplicas": 6}}
ACTIVATION = {"query": "sum(rate(gateway_requests_total[1m]))", "target": "100", "activation": 0}
WITH_KEDA = {"autoscaling": {"engine": "keda", "minReplicas": 0, "maxReplicas": 6, "queries": [ACTIVATION]}}
WORKS = [{"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound", "message": "fine"}]
BLIND = [
    {
        "type": "ScalingActive",
        "status": "False",
        "reason": "FailedGetPodsMetric",
        "message": "no custom metrics API (custom.metrics.k8s.io) registered",
    }
]


def autoscaled(serving=WITH):
    world = making.serving(serving=serving)
    world.reconcile()
    return world


def scaled(world, replicas):
    """The autoscaler has another number, and the servers come or go."""
    server = world.find(kinds.DEPLOYMENT, "digits")
    server["spec"]["replicas"] = replicas
    server["metadata"]["generation"] += 1
    making.roll(world)
    return world.reconcile()


def foreign(world, name="by-hand", target="digits"):
    aim = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    spec = {"scaleTargetRef": aim, "minReplicas": 1, "maxReplicas": 9}
    return world.put(
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}
    )


def made_by_keda(world):
    """What KEDA makes of a ScaledObject: it takes over the labels."""
    scaled_object = world.find(KEDA, "digits")["metadata"]
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "digits", "uid": scaled_object["uid"]}
    found = foreign(world, names.of_keda("digits"))
    found["metadata"] |= {"ownerReferences": [owner], "labels": scaled_object["labels"]}
    found["status"] = {"conditions": WORKS}
    return found


def says(world, conditions, kind=HPA, name="digits"):
    world.find(kind, name)["status"] = {"conditions": conditions}
    return world.reconcile()


def active(status):
    return worlds.brief(status).get("AutoscalingActive")


def without_keda():
    """The cluster does not know the kind."""
    world = autoscaled()
    key = kinds.Key(KEDA, worlds.NAMESPACE, "digits")
    world.refuse = {KEDA: errors.KedaMissing(key, "", "the cluster does not serve scaledobjects.keda.sh")}
    revising.serve(world, **WITH_KEDA)
    return world


def without_prometheus():
    """The operator was not told where it is."""
    world = making.serving(serving={"replicas": 2})
    world.settings = dataclasses.replace(world.settings, prometheus_url="")
    revising.serve(world, **WITH_KEDA)
    return world


def between_engines():
    """KEDA's own autoscaler has not gone yet."""
    world = autoscaled(WITH_KEDA)
    made_by_keda(world)
    scaled(world, 3)
    revising.serve(world, **WITH)
    return world


def tried():
    """A canary runs."""
    rollout = {"strategy": "canary"}
    world = revising.seasoned(**WITH, rollout=rollout)
    scaled(world, 4)
    revising.serve(world, **{**WITH, **revising.THIRD, "rollout": rollout})
    says(world, WORKS)
    return world


def told(conditions):
    """The autoscaler has said this."""
    world = autoscaled()
    says(world, conditions)
    return world


def beside(serving):
    """Somebody else scales, too."""
    world = making.serving(serving={"replicas": 2})
    foreign(world)
    scaled(world, 7)
    revising.serve(world, **serving)
    return world


def asked_meanwhile():
    """`kubectl scale`, which nobody goes by."""
    world = autoscaled()
    revising.serve(world, **{**WITH, "replicas": 3})
    return world


#: Situation -> how it comes about, `status/reason` of AutoscalingActive, words in its message.
ROWS: dict[str, tuple[Any, str, str]] = {
    "it works": (lambda: told(WORKS), "True/Scaling", "between 1 and 6 servers, by queue time 50 ms, 32 pending"),
    "it sees nothing": (lambda: told(BLIND), "False/MetricsUnavailable", "FailedGetPodsMetric: no custom metrics API"),
    "a revision is tried": (tried, "True/ScalingHeld", "held while a revision is tried"),
    "somebody else scales": (lambda: beside({"replicas": 2}), "True/ForeignAutoscaler", "'by-hand' decides how many"),
    "somebody else scales already": (lambda: beside(WITH), "False/ForeignAutoscaler", "delete it, or drop"),
    "the engine of before": (between_engines, "False/EngineLeaving", "engine hpa follows when it is gone"),
    "no KEDA": (without_keda, "False/KedaMissing", "does not serve scaledobjects.keda.sh"),
    "no Prometheus for KEDA": (without_prometheus, "False/PrometheusNotConfigured", "autoscaling.prometheusUrl"),
}


def reasons():
    """Every reason that the condition carries, and that Events give."""
    conditions = {reason.partition("/")[2] for _, reason, _ in ROWS.values()}
    return conditions | {event.reason for event in asked_meanwhile().log}
