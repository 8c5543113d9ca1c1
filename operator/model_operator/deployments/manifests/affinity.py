"""Which nodes a server may run on, by labels: terms of a required node affinity, of which one must hold.

    GPU      [product In ..., memory Gt ...]
    CPU      [AVX512VNNI] or [AVXVNNI] or [no labels of node feature discovery]
    both     each with each: one of the first, and one of the second

A cluster need not have node feature discovery: a node without its labels is allowed, and compose refuses there what the
CPU cannot do. A node that has them, and not the instruction set, would only start a pod that ends.
"""

import math
from collections.abc import Sequence
from typing import Any

from model_builder import contract
from model_operator import names
from model_operator.api import asking, deployment, placement, quantities

#: One of them must hold; its requirements all.
Term = dict[str, Any]
#: contract.Cpu -> instruction sets of which one is enough, as node feature discovery spells what
#: model_builder.machine reads as avx512_vnni, avx_vnni and amx_int8.
_FEATURES = {contract.Cpu.VNNI: ("AVX512VNNI", "AVXVNNI"), contract.Cpu.AMX: ("AMXINT8",)}
_MIB = 1024**2


def required(spec: deployment.ModelDeploymentSpec) -> list[Term]:
    """The terms of a spec; none where any node will do."""
    return both(_of_gpu(spec.serving.gpu), _of_cpu(asking.target(spec)))


def both(one: Sequence[Term], other: Sequence[Term]) -> list[Term]:
    """Terms that hold where one of each holds. No terms hold everywhere, and an empty term nowhere."""
    if not one or not other:
        return [*one, *other]
    return [_joined(mine, theirs) for mine in one for theirs in other]


def affinity(terms: Sequence[Term]) -> dict[str, Any]:
    """The affinity of a pod that has these terms."""
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def _joined(one: Term, other: Term) -> Term:
    if not one or not other:
        return {}
    return {key: [*_listed(one.get(key)), *_listed(other.get(key))] for key in sorted(one.keys() | other.keys())}


def _listed(requirements: Any) -> list[Any]:
    """A person's terms are not ours to trust: what is no list goes to the API server as it is."""
    return requirements if isinstance(requirements, list) else [requirements] if requirements else []


def _of_gpu(gpu: placement.Gpu | None) -> list[Term]:
    """What GPU feature discovery tells of a node's GPUs. Gt is strict, and its number whole."""
    if gpu is None:
        return []
    wanted = []
    if gpu.product:
        wanted.append(_requirement(names.GPU_PRODUCT_LABEL, "In", gpu.product))
    if gpu.memory is not None:
        least = math.ceil(quantities.value(gpu.memory) / _MIB)
        wanted.append(_requirement(names.GPU_MEMORY_LABEL, "Gt", str(least - 1)))
    return [{"matchExpressions": wanted}] if wanted else []


def _of_cpu(target: contract.Target) -> list[Term]:
    """Where an artifact that is not portable computes as it did when it was judged."""
    features = _FEATURES.get(target.cpu, ()) if target.cpu else ()
    known = [_requirement(f"{names.CPU_FEATURE_LABEL}{feature}", "In", "true") for feature in features]
    unknown = {"key": names.CPU_VENDOR_LABEL, "operator": "DoesNotExist"}
    return [{"matchExpressions": [one]} for one in (*known, unknown)] if known else []


def _requirement(key: str, operator: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": [value]}
