"""The HorizontalPodAutoscaler of the stable track: Kubernetes' own, of autoscaling/v2.

It aims at the Deployment. A ModelDeployment has a scale subresource, too, which writes its spec: with an autoscaler on
that, every change of load would be a change of what a person wrote.
"""

from typing import Any

from model_operator import kinds, names
from model_operator.api import autoscaling, quantities
from model_operator.deployments import targets
from model_operator.deployments.manifests import objects

#: Names of the custom metrics API that the chart's rules for prometheus-adapter give.
QUEUE_SECONDS = "modelsmith_queue_seconds"
PENDING_REQUESTS = "modelsmith_pending_requests"
#: By how much the number grows at most within a cold start: it doubles, and few become two more.
GROWTH = {"Percent": 100, "Pods": 2}
#: Seconds within which at most half of the servers are stopped.
SHRINK_PERIOD = 60


def autoscaler(
    resource: kinds.Manifest, asked: autoscaling.Autoscaling, goals: targets.Targets, cold_start: int, *, held: bool
) -> kinds.Manifest:
    """The autoscaler; held, it changes nothing."""
    spec = {
        "scaleTargetRef": target(resource),
        "minReplicas": asked.min_replicas,
        "maxReplicas": asked.max_replicas,
        "metrics": metrics(asked, goals),
        "behavior": behavior(asked, cold_start, held=held),
    }
    return objects.child(kinds.HORIZONTAL_POD_AUTOSCALER, resource, spec)


def target(resource: kinds.Manifest) -> dict[str, str]:
    """The Deployment of the stable track."""
    kind = kinds.DEPLOYMENT
    return {"apiVersion": kind.api_version, "kind": kind.kind, "name": resource["metadata"]["name"]}


def metrics(asked: autoscaling.Autoscaling, goals: targets.Targets) -> list[dict[str, Any]]:
    """What it goes by; the one that wants most servers decides."""
    found = []
    if goals.queue_milliseconds:
        found.append(_pods(QUEUE_SECONDS, f"{goals.queue_milliseconds}m"))
    if goals.pending:
        found.append(_pods(PENDING_REQUESTS, str(goals.pending)))
    if goals.cpu:
        utilization = {"type": "Utilization", "averageUtilization": goals.cpu}
        resource = {"name": "cpu", "container": names.TRITON, "target": utilization}
        found.append({"type": "ContainerResource", "containerResource": resource})
    return found + [_pods(one.name, str(one.target)) for one in asked.metrics]


def behavior(asked: autoscaling.Autoscaling, cold_start: int, *, held: bool) -> dict[str, Any]:
    """How fast it goes: `targets` says why."""
    period = targets.growth_period(cold_start)
    up = [{"type": kind, "value": value, "periodSeconds": period} for kind, value in GROWTH.items()]
    down = [{"type": "Percent", "value": 50, "periodSeconds": SHRINK_PERIOD}]
    policy = "Disabled" if held else "Max"
    wait = targets.patience(asked, cold_start)
    return {
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": policy, "policies": up},
        "scaleDown": {"stabilizationWindowSeconds": wait, "selectPolicy": policy, "policies": down},
    }


def _pods(name: str, average: str) -> dict[str, Any]:
    aim = {"type": "AverageValue", "averageValue": quantities.canonical(average)}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": aim}}
