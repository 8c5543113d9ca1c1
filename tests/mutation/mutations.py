"""Every mutation of every field: what is written where, upon which spec, and what should come of it.

    schema ─► cases (values.py) ─► upon the first base that has room for it ─► Mutation

A schema knows one field; what it cannot know of a mutation stands in the tables below, each line with its reason:

    RULED      the rules between fields (CEL) refuse it, though each field is right by itself
    HOPELESS   accepted, but cannot be carried out: the operator says why
"""

import dataclasses
import functools
from typing import Any

from mutation import bases, schemas, values

ABSENT = schemas.ABSENT


@dataclasses.dataclass(frozen=True, eq=False)
class Mutation:
    """One change of a spec."""

    field: schemas.Field
    case: values.Case
    base: dict[str, Any]

    @property
    def path(self) -> str:
        """The field."""
        return self.field.path

    @property
    def name(self) -> str:
        """Names it in a test's id and in the tables."""
        return f"{self.path}: {self.case.label}"

    @property
    def valid(self) -> bool:
        """The API server should accept it."""
        return self.case.valid and self.name not in RULED

    @property
    def good(self) -> bool:
        """It should be carried out."""
        return self.valid and self.name not in HOPELESS

    def upon(self, spec: dict[str, Any]) -> dict[str, Any]:
        """A spec with this change. LookupError when the spec has no place for it."""
        return schemas.put(spec, self.path, self.case.value)

    @property
    def spec(self) -> dict[str, Any]:
        """Its own base with this change."""
        return self.upon(self.base)


@functools.cache
def every() -> tuple[Mutation, ...]:
    """All mutations of all fields."""
    return of(schemas.spec())


def of(root: schemas.Schema) -> tuple[Mutation, ...]:
    """Those of a schema."""
    return tuple(
        Mutation(field, case, base)
        for field in schemas.fields(root)
        for base in [base_of(field, root)]
        for case in _cases(field)
    )


def good() -> tuple[Mutation, ...]:
    """Those that are to be carried out."""
    return tuple(one for one in every() if one.good)


def bad() -> tuple[Mutation, ...]:
    """Those that are not."""
    return tuple(one for one in every() if not one.good)


def base_of(field: schemas.Field, root: schemas.Schema) -> dict[str, Any]:
    """The first base with the field, or with room for it; else one in which room is made, by the schema."""
    if field.path in bases.PREFERRED:
        return bases.ALL[bases.PREFERRED[field.path]]
    for base in bases.ALL.values():
        if schemas.get(base, field.path) is not ABSENT:
            return base
    for base in bases.ALL.values():
        try:
            schemas.put(base, field.path, values.example(field.schema, 1))
        except (LookupError, TypeError):
            continue
        return base
    above = schemas.parent(field.path)
    holder = schemas.Field(above, schemas.at(root, above), required=False)
    return schemas.put(base_of(holder, root), above, values.example(holder.schema, 1))


def _cases(field: schemas.Field) -> list[values.Case]:
    """As the schema gives them, and with the values that make sense in the place of those that do not."""
    found = {case.label: case for case in values.cases(field)}
    better = bases.VALUES.get(field.path, {})
    return list((found | {label: values.Case(label, value, valid=True) for label, value in better.items()}).values())


#: A field and cases of it that the rules between fields refuse, or the bounds of the list that it stands in.
_RULED = {
    "spec.model": ("smallest", "whole"),
    "spec.model.inputs[]": ("absent",),
    "spec.model.source": ("smallest", "whole"),
    "spec.model.source.configMap": ("absent",),
    "spec.model.source.pvc": ("absent",),
    "spec.build": ("whole",),
    "spec.build.candidates": ("full",),
    "spec.build.candidates[]": ("member none",),
    "spec.build.target": ("smallest", "whole"),
    "spec.build.target.cpu": ("absent",),
    "spec.build.target.gpu": ("absent",),
    "spec.build.calibration": ("absent",),
    "spec.build.evaluation": ("absent",),
    "spec.build.evaluation.metrics[]": ("member f1",),
    "spec.build.gate": ("whole",),
    "spec.build.gate.maxDrop": ("smallest",),
    "spec.artifact": ("whole",),
    "spec.artifact.store": ("member oci",),
    "spec.artifact.oci": ("absent",),
    "spec.artifact.size": ("least",),
    "spec.serving.batching.maxBatchSize": ("least", "between"),
    "spec.serving.batching.preferredBatchSize[]": ("most",),
    "spec.serving.rollout.canary.steps[]": ("absent",),
    "spec.serving.gateway.parentRefs[]": ("absent",),
    "spec.serving.gateway.hostnames[]": ("absent",),
    "spec.serving.networkPolicy.from[]": ("smallest", "whole"),
    **{
        f"spec.serving.networkPolicy.from[].{selector}.matchExpressions[]{field}": labels
        for selector in ("podSelector", "namespaceSelector")
        for field, labels in {
            "": ("smallest", "whole"),
            ".operator": ("member Exists", "member DoesNotExist"),
            ".values": ("absent", "fewest"),
            ".values[]": ("absent",),
        }.items()
    },
    "spec.serving.networkPolicy.from[].ipBlock": ("absent", "smallest", "whole"),
    "spec.serving.networkPolicy.from[].ipBlock.cidr": ("longest",),
    "spec.serving.networkPolicy.from[].ipBlock.except[]": ("shortest", "longest"),
    "spec.serving.autoscaling.metrics[].target": ("least",),
    "spec.serving.autoscaling.queries[].target": ("least",),
    "spec.serving.shmSize": ("least",),
    "spec.serving.gpu.memory": ("least",),
    "spec.serving.tolerations": ("several", "full"),
    "spec.serving.tolerations[]": ("smallest", "whole"),
    "spec.serving.tolerations[].key": ("absent", "shortest"),
}
_OVERLAY = "spec.serving.modelConfig"
_RULED |= {
    "spec.serving": ("whole",),
    "spec.serving.gpu": ("absent",),
    "spec.serving.responseCache": ("smallest", "whole"),
    "spec.serving.responseCache.size": (
        *("least", "most", "between"),
        *(f"written {size}" for size in ("1000m", "1.5", "0.001", "999999999999999P", "999999999999999.999Pi")),
    ),
    f"{_OVERLAY}.dynamic_batching.preferred_batch_size[]": ("most",),
    f"{_OVERLAY}.dynamic_batching.priority_levels": ("absent", "least"),
    f"{_OVERLAY}.dynamic_batching.default_priority_level": ("absent", "least", "most"),
    f"{_OVERLAY}.dynamic_batching.priority_queue_policy": ("full",),
    f"{_OVERLAY}.instance_group[]": ("absent", "whole"),
    f"{_OVERLAY}.instance_group[].kind": ("member KIND_CPU",),
    f"{_OVERLAY}.instance_group[].passive": ("true",),
    f"{_OVERLAY}.model_warmup": ("several", "full"),
    f"{_OVERLAY}.model_warmup[].batch_size": ("most",),
    f"{_OVERLAY}.model_warmup[].inputs": ("one entry", "full"),
    f"{_OVERLAY}.model_warmup[].inputs{{}}": ("smallest", "whole"),
    f"{_OVERLAY}.model_warmup[].inputs{{}}.zero_data": ("absent", "false"),
    f"{_OVERLAY}.model_warmup[].inputs{{}}.random_data": ("true",),
}
RULED = {f"{path}: {label}" for path, labels in _RULED.items() for label in labels}
_PINS = ("longest", "another")
#: Accepted by the API server, and not carried out: the reason of Ready.
HOPELESS = {
    "spec.build: int8 for a GPU": "False/NoInt8OnThisRuntime",
    "spec.serving.resources: more than the limit": "False/ResourcesContradictory",
    "spec.serving.resources: a GPU": "False/GpuOutsideField",
    "spec.serving.rollout: whole": "False/PinNotFound",
    **dict.fromkeys((f"spec.serving.rollout.pin: {one}" for one in _PINS), "False/PinNotFound"),
    "spec.serving.shmSize: most": "False/SharedMemoryTooLarge",
    "spec.serving.shmSize: written 999999999999999P": "False/SharedMemoryTooLarge",
    "spec.serving.shmSize: written 999999999999999.999Pi": "False/SharedMemoryTooLarge",
    "spec.serving.podTemplate.spec: the image of triton": "False/PodTemplateProtected",
    "spec.serving.podTemplate.spec: the node's network": "False/PodTemplateProtected",
    "spec.serving.podTemplate.spec: no amount": "False/PodTemplateInvalid",
}
#: What Ready says of the others, where it is not Serving.
READY = {"spec.serving.replicas: least": "True/ScaledToZero", "spec.suspend: true": "False/Suspended"}
