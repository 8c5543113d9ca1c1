"""Why no node takes a server, node by node; and whether one would take another. Pure: nodes in, words out.

    scheduler      0/3 nodes are available: 1 Insufficient nvidia.com/mig-1g.10gb, ...
    here           gpu-a lacks nvidia.com/mig-1g.10gb (offers nvidia.com/mig-1g.5gb); gpu-b ...

The scheduler counts nodes and names none. What it looks at besides (volumes, ports, neighbours) is left to its words.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from model_operator import conditions, kinds, names, nodes

#: Nodes that are told of by name: those that are nearest to taking the pod.
TOLD = 5
#: Bytes of the words about nodes; the scheduler's own stand before them, and the way out behind.
WORDS_LIMIT = 640
#: Rules about neighbours, which one node by itself cannot answer.
_NEIGHBOURS = ("podAffinity", "podAntiAffinity")


@dataclasses.dataclass(frozen=True)
class Survey:
    """What is known of a cluster's nodes.

    nodes   all of them, in outline
    pods    by the node's name, of those that were looked at closer
    """

    nodes: tuple[kinds.Manifest, ...]
    pods: Mapping[str, tuple[kinds.Manifest, ...]] = dataclasses.field(default_factory=dict)


class Distance(enum.IntEnum):
    """How far a node is from taking a pod."""

    FULL = 0
    """It would, were it free."""
    CLOSED = 1
    """It has the devices, and something against the pod."""
    SLICED = 2
    """It has slices of GPUs, of another size or under another name."""
    OTHER = 3
    """It has other devices of the same vendor."""
    WITHOUT = 4
    """It has nothing of the kind."""


def concerned(pod: Mapping[str, Any]) -> bool:
    """Whether nodes differ for a pod's spec: it asks for devices, or for nodes of a kind."""
    return bool(nodes.extended(nodes.asked(pod)) or nodes.terms(pod) or pod.get("nodeSelector"))


def candidates(among: Sequence[kinds.Manifest], pod: Mapping[str, Any]) -> list[str]:
    """Names of the nodes that would take the pod if they are free: whose pods are worth a look."""
    return sorted(_name(node) for node in among if not list(_lacking(node, pod)) and not list(_closed(node, pod)))


def room(survey: Survey | None, pod: Mapping[str, Any]) -> bool | None:
    """Whether one more server of this pod's spec would find its devices free now; None when that cannot be told."""
    if survey is None or _depends_on_neighbours(pod):
        return None
    known = {_name(node): node for node in survey.nodes}
    fitting = candidates(survey.nodes, pod)
    counted = [name for name in fitting if name in survey.pods]
    if any(not list(_missing(known[name], pod, survey.pods[name])) for name in counted):
        return True
    return False if counted == fitting else None


def considered(survey: Survey, pod: Mapping[str, Any]) -> str:
    """Each node and why not it, the nearest first; the rest as a number. Empty where there are no nodes."""
    found = sorted((*_judged(node, pod, survey), _name(node)) for node in survey.nodes)
    told = "; ".join(f"{name} {', '.join(reasons)}" for _, _, reasons, name in found[:TOLD])
    more = len(found) - TOLD
    return conditions.cut(told, WORDS_LIMIT) + (f"; and {more} more node{'s' if more > 1 else ''}" if more > 0 else "")


def _judged(node: kinds.Manifest, pod: Mapping[str, Any], survey: Survey) -> tuple[Distance, int, tuple[str, ...]]:
    """How far it is, the number of reasons, and the reasons."""
    if lacking := tuple(_lacking(node, pod)):
        return max(_distance(node, one) for one in nodes.extended(nodes.asked(pod))), len(lacking), lacking
    if closed := tuple(_closed(node, pod)):
        return Distance.CLOSED, len(closed), closed
    if _name(node) not in survey.pods:
        return Distance.FULL, 1, ("fits by what it offers; how much of it is free was not counted",)
    missing = tuple(_missing(node, pod, survey.pods[_name(node)]))
    return Distance.FULL, len(missing), missing or ("has room; something else keeps the pod",)


def _lacking(node: kinds.Manifest, pod: Mapping[str, Any]) -> Iterator[str]:
    """Devices that are asked for and that the node does not have, busy or not."""
    offered = nodes.allocatable(node)
    for resource in nodes.extended(nodes.asked(pod)):
        if not offered.get(resource):
            yield _of_slices(node, resource) or f"lacks {resource}{_instead(node, resource)}"


def _distance(node: kinds.Manifest, resource: str) -> Distance:
    """How far its devices are from the one that is asked for."""
    others = _others(node, resource)
    if nodes.allocatable(node).get(resource):
        return Distance.FULL
    if _of_slices(node, resource) or any(one.startswith(names.MIG_RESOURCE) for one in others):
        return Distance.SLICED
    return Distance.OTHER if others else Distance.WITHOUT


def _of_slices(node: kinds.Manifest, resource: str) -> str:
    """The way out where the very slice that is asked for is offered under another name."""
    labels, profile = _labels(node), resource.removeprefix(names.MIG_RESOURCE)
    product = labels.get(names.GPU_PRODUCT_LABEL, "")
    if labels.get(names.MIG_STRATEGY_LABEL) != "single" or not product.endswith(f"-MIG-{profile}"):
        return ""
    return (
        f"has the MIG strategy single, which offers its slices as {names.GPU_RESOURCE}: instead of gpu.mig write"
        f" gpu.product: {product} and gpu.count"
    )


def _instead(node: kinds.Manifest, resource: str) -> str:
    """What it offers of the same vendor."""
    others = _others(node, resource)
    product = _labels(node).get(names.GPU_PRODUCT_LABEL, "")
    sliced = f" as {product}" if others == [names.GPU_RESOURCE] and "-MIG-" in product else ""
    return f" (offers {', '.join(others)}{sliced})" if others else ""


def _others(node: kinds.Manifest, resource: str) -> list[str]:
    """Devices of the vendor of one that is asked for."""
    vendor, offered = resource.partition("/")[0], nodes.allocatable(node)
    return [name for name in nodes.extended(offered) if name.startswith(f"{vendor}/") and offered[name]]


def _closed(node: kinds.Manifest, pod: Mapping[str, Any]) -> Iterator[str]:
    """What the node has against the pod, however free it is."""
    if (node.get("spec") or {}).get("unschedulable"):
        yield "is cordoned"
    for taint in nodes.untolerated(node, pod):
        if not taint.startswith(nodes.CORDONED):
            yield f"has the taint {taint}, which is not tolerated"
    for requirement in nodes.mismatched(node, pod):
        yield _mismatch(_labels(node), requirement)
    offered = nodes.allocatable(node)
    for resource, wanted in nodes.asked(pod).items():
        if resource in offered and offered[resource] < wanted:
            yield _amount(resource, "in all", offered[resource], wanted)


def _mismatch(labels: Mapping[str, str], requirement: Mapping[str, Any]) -> str:
    """A requirement on labels that is not met, in the words of the field that it comes from."""
    key, values = requirement.get("key", ""), [str(value) for value in requirement.get("values") or ()]
    if key in (names.GPU_PRODUCT_LABEL, names.GPU_MEMORY_LABEL) and key not in labels:
        return f"has no label {key}"
    if key == names.GPU_MEMORY_LABEL and requirement.get("operator") == "Gt":
        return f"has GPUs of {labels[key]} MiB, and {int(values[0]) + 1} are asked for"
    if requirement.get("operator") == "In" and key in labels:
        return f"has {key} {labels[key]}, not {' or '.join(values)}"
    return f"does not meet {key} {requirement.get('operator')} {' or '.join(values)}".rstrip()


def _missing(node: kinds.Manifest, pod: Mapping[str, Any], pods: Sequence[kinds.Manifest]) -> Iterator[str]:
    """What is not free now."""
    offered, given = nodes.allocatable(node), nodes.taken(pods)
    for resource, wanted in nodes.asked(pod).items():
        if resource in offered and offered[resource] - given.get(resource, 0) < wanted:
            yield _amount(resource, "free", offered[resource] - given.get(resource, 0), wanted, of=offered[resource])


def _amount(resource: str, which: str, there: Any, wanted: Any, of: Any = None) -> str:
    """Devices are counted; cpu and memory change with every pod, and would make a status restless."""
    if "/" not in resource:
        return f"has too little {resource} {which}"
    if of is not None and there <= 0:
        return f"has no free {resource} ({of:f} allocatable, all taken)"
    return f"has {there:f} {resource} {which}, and {wanted:f} are asked for"


def _depends_on_neighbours(pod: Mapping[str, Any]) -> bool:
    """Whether a claim, or another pod, has a say."""
    affinity = pod.get("affinity") or {}
    return bool(any(affinity.get(name) for name in _NEIGHBOURS) or pod.get("resourceClaims")) or any(
        one.get("whenUnsatisfiable") == "DoNotSchedule" for one in pod.get("topologySpreadConstraints") or ()
    )


def _labels(node: kinds.Manifest) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


def _name(node: kinds.Manifest) -> str:
    return str(node["metadata"]["name"])
