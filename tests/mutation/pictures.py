"""What a story made, as a tree in which a field of a spec can be looked for.

server.spec.template.spec.containers[triton].image      "[triton]" is the item of that name, or a key with dots
"""

import json
import re
from typing import Any

from model_operator import kinds, names
from model_operator.api import quantities
from model_operator.deployments.manifests import hpa
from model_serving import places
from mutation import schemas, stories

ABSENT = schemas.ABSENT
_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]")


def picture(story: stories.Story) -> dict[str, Any]:
    """Every child of the present spec, by the part that it plays; {} for one that is not there."""
    status = story.status
    build = story.find(kinds.MODEL_BUILD, status.get("build", {}).get("name", "-")) or {}
    job = story.find(kinds.JOB, build.get("status", {}).get("job") or "-") or {}
    server = story.find(kinds.DEPLOYMENT) or {}
    claim = story.world.objects[story.key]["spec"].get("artifact", {}).get("claimName", names.ARTIFACT_CLAIM)
    return {
        "build": build,
        "job": job,
        "server": server,
        "ingress": _ingress(story.find(kinds.INGRESS)),
        "http": story.find(kinds.HTTP_ROUTE) or {},
        "grpc": story.find(kinds.GRPC_ROUTE) or {},
        "scaler": _hpa(story.find(kinds.HORIZONTAL_POD_AUTOSCALER)) or _keda(story.find(kinds.SCALED_OBJECT)),
        "policy": _policy(story.find(kinds.NETWORK_POLICY)),
        "claim": story.find(kinds.PERSISTENT_VOLUME_CLAIM, claim) or {},
        "request": json.loads(story.request(job)) if job else {},
        "settings": _settings(server),
        "device": _device(server),
        "required": _required(server),
        "arguments": _arguments(job),
    }


def _device(server: Any) -> dict[str, str]:
    """The GPU that Triton asks for: its resource, and how many."""
    pod = server["spec"]["template"]["spec"] if server else {"containers": []}
    limits = {name: count for one in pod["containers"] for name, count in one["resources"].get("limits", {}).items()}
    found = [name for name in limits if "/" in name and not name.startswith("example.com/device")]
    return {"name": found[0], "count": limits[found[0]]} if found else {}


def _required(server: Any) -> dict[str, str]:
    """Label of a node -> the first value that is required of it, by any term."""
    pod = server["spec"]["template"]["spec"] if server else {}
    terms = look(pod, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")
    found = [one for term in ([] if terms is ABSENT else terms) for one in term["matchExpressions"]]
    return {one["key"]: one.get("values", [""])[0] for one in found}


def look(tree: Any, where: str) -> Any:
    """What stands there; ABSENT when nothing."""
    for plain, name in _STEP.findall(where):
        if isinstance(tree, list):
            tree = next((item for item in tree if item["name"] == name), ABSENT)
        else:
            tree = tree.get(plain or name, ABSENT) if isinstance(tree, dict) else ABSENT
    return tree


def _ingress(made: Any) -> dict[str, Any]:
    """What stands in lists of one."""
    if not made:
        return {}
    [rule] = made["spec"]["rules"]
    [path] = rule["http"]["paths"]
    secrets = [one["secretName"] for one in made["spec"].get("tls", ())]
    found = {"class": made["spec"].get("ingressClassName"), "annotations": made["metadata"].get("annotations")}
    told = {name: value for name, value in found.items() if value is not None}
    return {"host": rule["host"], "path": path["path"], **told, **({"secrets": secrets} if secrets else {})}


def _hpa(made: Any) -> dict[str, Any]:
    """What a HorizontalPodAutoscaler goes by."""
    if not made:
        return {}
    spec, pods = made["spec"], {}
    for one in spec["metrics"]:
        if one["type"] == "Pods":
            pods[one["pods"]["metric"]["name"]] = one["pods"]["target"]["averageValue"]
    queue, pending = pods.pop(hpa.QUEUE_SECONDS, None), pods.pop(hpa.PENDING_REQUESTS, None)
    cpus = [one["containerResource"]["target"] for one in spec["metrics"] if one["type"] == "ContainerResource"]
    return {
        "engine": "hpa",
        "least": spec["minReplicas"],
        "most": spec["maxReplicas"],
        "queue": queue and int(quantities.value(queue) * 1000),
        "pending": pending and int(quantities.value(pending)),
        "cpu": cpus[0]["averageUtilization"] if cpus else None,
        "metrics": list(pods.items()),
        "queries": [],
        "patience": spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"],
    }


def _keda(made: Any) -> dict[str, Any]:
    """What a ScaledObject goes by."""
    if not made:
        return {}
    spec = made["spec"]
    asked = [one["metadata"] for one in spec["triggers"] if one["type"] == "prometheus"]
    found = {one["query"]: float(one["threshold"]) for one in asked}
    awake = {one["query"]: float(one["activationThreshold"]) for one in asked if "activationThreshold" in one}
    ours = {query: value for query, value in found.items() if "nv_inference" in query}
    queue = next((value for query, value in ours.items() if "queue_duration" in query), None)
    cpus = [one["metadata"]["value"] for one in spec["triggers"] if one["type"] == "cpu"]
    return {
        "engine": "keda",
        "least": spec["minReplicaCount"],
        "most": spec["maxReplicaCount"],
        "queue": queue and round(queue * 1000),
        "pending": next((int(value) for query, value in ours.items() if "pending" in query), None),
        "cpu": int(cpus[0]) if cpus else None,
        "metrics": [],
        "queries": [(query, value, awake.get(query)) for query, value in found.items() if query not in ours],
        "patience": spec["cooldownPeriod"],
    }


def _policy(made: Any) -> dict[str, Any]:
    """Whose predictions are answered."""
    return {"from": made["spec"]["ingress"][0]["from"]} if made else {}


def _arguments(job: Any) -> dict[str, dict[str, str]]:
    """Step -> option -> value."""
    pod = job["spec"]["template"]["spec"] if job else {}
    containers = [*pod.get("initContainers", ()), *pod.get("containers", ())]
    options = {one["name"]: [word.partition("=") for word in one["command"] if word[:2] == "--"] for one in containers}
    return {step: {name: value for name, _, value in told} for step, told in options.items()}


def _settings(server: Any) -> Any:
    """What compose is told, in its own words."""
    variables = look(server, "spec.template.spec.initContainers[compose].env")
    told = look(variables if variables is not ABSENT else [], f"[{places.SETTINGS_VARIABLE}]")
    return {} if told is ABSENT else json.loads(told["value"])
