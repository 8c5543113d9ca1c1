"""The ScaledObject of the stable track: KEDA's, which makes a HorizontalPodAutoscaler of it.

KEDA asks Prometheus itself. From nothing to one server, and back, it goes by the triggers' activation alone; after the
last one was active it waits for `cooldownPeriod`, and so for a server that is still loading its model.
"""

from typing import Any

from model_operator import kinds, names
from model_operator.api import autoscaling, quantities
from model_operator.deployments import targets
from model_operator.deployments.manifests import hpa, objects

#: Seconds between two looks at the triggers.
POLLING = 15
#: While a revision is tried: the number of servers stays.
PAUSED = "autoscaling.keda.sh/paused"


def scaled_object(
    resource: kinds.Manifest,
    asked: autoscaling.Autoscaling,
    goals: targets.Targets,
    cold_start: int,
    *,
    prometheus: str,
    held: bool,
) -> kinds.Manifest:
    """The ScaledObject; held, KEDA leaves the Deployment alone. `prometheus` is the URL that KEDA asks."""
    wait = targets.patience(asked, cold_start)
    spec = {
        "scaleTargetRef": hpa.target(resource),
        "minReplicaCount": asked.min_replicas,
        "maxReplicaCount": asked.max_replicas,
        "pollingInterval": POLLING,
        "cooldownPeriod": wait,
        "initialCooldownPeriod": wait,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": hpa.behavior(asked, cold_start, held=False)}},
        "triggers": triggers(resource, asked, goals, prometheus),
    }
    return objects.child(kinds.SCALED_OBJECT, resource, spec, {PAUSED: "true"} if held else None)


def triggers(
    resource: kinds.Manifest, asked: autoscaling.Autoscaling, goals: targets.Targets, prometheus: str
) -> list[dict[str, Any]]:
    """What it goes by. KEDA reads every number as text."""
    found = []
    if goals.queue_milliseconds:
        seconds = f"{goals.queue_milliseconds / 1000:g}"
        found.append(_prometheus(prometheus, queue_seconds(resource), seconds, kind="Value"))
    if goals.pending:
        found.append(_prometheus(prometheus, pending_requests(resource), str(goals.pending)))
    if goals.cpu:
        metadata = {"value": str(goals.cpu), "containerName": names.TRITON}
        found.append({"type": "cpu", "metricType": "Utilization", "metadata": metadata})
    for one in asked.queries:
        activation = {} if one.activation is None else {"activationThreshold": _number(one.activation)}
        found.append(_prometheus(prometheus, one.query, _number(one.target), **activation))
    return found


def queue_seconds(resource: kinds.Manifest) -> str:
    """PromQL: mean wait of a request of the stable track over the last minute, in seconds."""
    waited, answered = (f"sum(rate({name}{_of(resource)}[1m]))" for name in (_QUEUE_US, _SUCCESS))
    return f"{waited} / clamp_min({answered}, 0.001) / 1e6"


def pending_requests(resource: kinds.Manifest) -> str:
    """PromQL: requests that wait at all servers of the stable track."""
    return f"sum(nv_inference_pending_request_count{_of(resource)})"


_QUEUE_US, _SUCCESS = "nv_inference_queue_duration_us", "nv_inference_request_success"


def _of(resource: kinds.Manifest) -> str:
    """Labels that our relabelling gives to the series of servers."""
    metadata = resource["metadata"]
    return f'{{namespace="{metadata["namespace"]}",deployment="{metadata["name"]}",track="{names.STABLE}"}}'


def _prometheus(server: str, query: str, threshold: str, kind: str = "AverageValue", **more: str) -> dict[str, Any]:
    metadata = {"serverAddress": server, "query": query, "threshold": threshold, **more}
    return {"type": "prometheus", "metricType": kind, "metadata": metadata}


def _number(quantity: int | str) -> str:
    """KEDA reads a plain number, and no suffix."""
    return f"{quantities.value(quantity):f}"
