"""What a pod asks of a node, and what a node has against it: as the scheduler counts and compares. Pure.

Only what can be said of one node by itself: amounts, labels, taints. Volumes, ports and neighbours are left to the
scheduler's own words.
"""

import decimal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from model_operator import kinds
from model_operator.api import quantities

Amounts = dict[str, decimal.Decimal]
#: Taints of these effects keep a pod away.
_KEEP_AWAY = frozenset({"NoSchedule", "NoExecute"})
#: Set by `kubectl cordon`, together with the field that says it better.
CORDONED = "node.kubernetes.io/unschedulable"
_ENDED = frozenset({"Succeeded", "Failed"})
#: A node takes so many pods, however small.
_ONE_POD: Amounts = {"pods": decimal.Decimal(1)}


def asked(pod: Mapping[str, Any]) -> Amounts:
    """What a pod's spec asks of a node, as the scheduler counts: sidecars stay, other init containers come in turn.

    An extended resource may stand under limits alone; a limit without a request asks for as much.
    """
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in pod.get("initContainers") or ():
        requests = _requests(container)
        if container.get("restartPolicy") == "Always":
            sidecars = _sum(sidecars, requests)
            requests = {}
        peak = _most(peak, _sum(sidecars, requests))
    running = _sum(sidecars, *map(_requests, pod.get("containers") or ()))
    return _sum(_most(peak, running), _amounts(pod.get("overhead")), _ONE_POD)


def allocatable(node: kinds.Manifest) -> Amounts:
    """What a node gives to pods in all."""
    return _amounts((node.get("status") or {}).get("allocatable"))


def taken(pods: Iterable[kinds.Manifest]) -> Amounts:
    """What the pods on a node have been given."""
    alive = (pod for pod in pods if (pod.get("status") or {}).get("phase") not in _ENDED)
    return _sum(*(asked(pod.get("spec") or {}) for pod in alive))


def extended(amounts: Mapping[str, Any]) -> list[str]:
    """The extended resources among them: devices, not cpu, memory or what Kubernetes itself counts."""
    return sorted(name for name in amounts if "/" in name and "kubernetes.io/" not in name)


def untolerated(node: kinds.Manifest, pod: Mapping[str, Any]) -> list[str]:
    """Taints that keep the pod away, as kubectl writes them."""
    tolerations = pod.get("tolerations") or ()
    found = (taint for taint in (node.get("spec") or {}).get("taints") or () if taint.get("effect") in _KEEP_AWAY)
    return [_written(taint) for taint in found if not any(_tolerates(one, taint) for one in tolerations)]


def mismatched(node: kinds.Manifest, pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Requirements on labels that the node does not meet: those of the nodeSelector, and of the nearest term.

    The terms of a required node affinity are ORed: the one with the fewest faults is the one worth telling.
    """
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    wanted = [
        {"key": key, "operator": "In", "values": [value]} for key, value in (pod.get("nodeSelector") or {}).items()
    ]
    faults = [[one for one in _expressions(term) if not meets(labels, metadata, one)] for term in terms(pod)]
    nearest = min(faults, key=len, default=[])
    return [*(one for one in wanted if not meets(labels, metadata, one)), *nearest]


def terms(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The terms of a required node affinity; none where any node will do."""
    affinity = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return list(required.get("nodeSelectorTerms") or ())


def meets(labels: Mapping[str, str], metadata: Mapping[str, Any], requirement: Mapping[str, Any]) -> bool:
    """Whether a node meets one requirement of a term; a field is metadata.name, the only one that there is."""
    key, values = requirement.get("key", ""), requirement.get("values") or ()
    value = metadata.get("name") if requirement.get("field") else labels.get(key)
    match requirement.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            there, bound = _number(value), _number(next(iter(values), None))
            return there is not None and bound is not None and (there > bound if operator == "Gt" else there < bound)
    return False


def _expressions(term: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from term.get("matchExpressions") or ()
    yield from ({**one, "field": True} for one in term.get("matchFields") or ())


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    exists = toleration.get("operator") == "Exists"
    same = (toleration.get("value") or "") == (taint.get("value") or "")
    return toleration["key"] == taint.get("key") and (exists or same)


def _written(taint: Mapping[str, Any]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _requests(container: Mapping[str, Any]) -> Amounts:
    resources = container.get("resources") or {}
    return _amounts({**(resources.get("limits") or {}), **(resources.get("requests") or {})})


def _amounts(written: Mapping[str, Any] | None) -> Amounts:
    return {name: quantities.amount(value) for name, value in (written or {}).items()}


def _sum(*several: Amounts) -> Amounts:
    return _joined(several, lambda one, other: one + other)


def _most(*several: Amounts) -> Amounts:
    return _joined(several, max)


def _joined(several: Sequence[Amounts], join: Any) -> Amounts:
    result: Amounts = {}
    for amounts in several:
        for name, value in amounts.items():
            result[name] = join(result[name], value) if name in result else value
    return result
