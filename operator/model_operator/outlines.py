"""What is looked at in the many objects around one resource: a few fields of each. Pure.

A ModelDeployment shares its namespace with hundreds, each of which every look takes into account (`owning`, `keeping`).
Whole objects would have to be unpacked for that; an outline lies ready, in the shape of the object. Of nodes and
of the pods on them no more is kept than what decides whether a server finds room.
"""

from collections.abc import Mapping
from typing import Any

from model_operator import kinds, names

#: A field and all that is in it.
_WHOLE: Mapping[str, Any] = {}
_OWNERS = {"ownerReferences": {"uid": _WHOLE}}
_MOUNTS = {"volumeMounts": {"subPath": _WHOLE}}
_IDENTITY = {"name": _WHOLE, "namespace": _WHOLE, "uid": _WHOLE, "deletionTimestamp": _WHOLE}
_AGE = {"creationTimestamp": _WHOLE, "generation": _WHOLE, "annotations": {names.REQUESTED_AT: _WHOLE}}
_LABELS = {"labels": {names.DEPLOYMENT_LABEL: _WHOLE, names.BUILD_LABEL: _WHOLE, names.COMPONENT_LABEL: _WHOLE}}
_CONDITION = dict.fromkeys(("type", "status", "reason", "message"), _WHOLE)
#: Kind -> fields; of a list, those of each item.
FIELDS: Mapping[kinds.Kind, Mapping[str, Any]] = {
    kinds.MODEL_DEPLOYMENT: {
        "metadata": _IDENTITY | _AGE,
        "spec": {
            "suspend": _WHOLE,
            "artifact": _WHOLE,
            "build": {"resources": _WHOLE, "timeout": _WHOLE, "queueName": _WHOLE},
            "serving": {
                "ingress": {"host": _WHOLE, "path": _WHOLE},
                "gateway": {"hostnames": _WHOLE, "grpcHostnames": _WHOLE},
            },
        },
        "status": {
            "observedGeneration": _WHOLE,
            "build": {"name": _WHOLE},
            "artifact": {"digest": _WHOLE},
            "history": {"artifact": _WHOLE},
            "serving": {"hosts": _WHOLE},
        },
    },
    kinds.MODEL_BUILD: {
        "metadata": _IDENTITY | _OWNERS,
        "spec": {"store": _WHOLE},
        "status": {"artifact": {"digest": _WHOLE}},
    },
    kinds.CONTROLLER_REVISION: {"metadata": _IDENTITY | _OWNERS, "data": {"artifact": _WHOLE}},
    kinds.DEPLOYMENT: {
        "metadata": _IDENTITY | _OWNERS,
        "spec": {"template": {"spec": {"initContainers": _MOUNTS, "containers": _MOUNTS}}},
    },
    kinds.JOB: {"metadata": _IDENTITY | _LABELS, "status": {"conditions": _CONDITION}},
    kinds.HORIZONTAL_POD_AUTOSCALER: {"metadata": _IDENTITY | _OWNERS | _LABELS, "spec": {"scaleTargetRef": _WHOLE}},
    kinds.NODE: {
        "metadata": {"name": _WHOLE, "labels": _WHOLE},
        "spec": {"taints": _WHOLE, "unschedulable": _WHOLE},
        "status": {"allocatable": _WHOLE},
    },
    kinds.POD: {
        "metadata": {"name": _WHOLE, "namespace": _WHOLE},
        "spec": {
            "initContainers": {"restartPolicy": _WHOLE, "resources": _WHOLE},
            "containers": {"resources": _WHOLE},
            "overhead": _WHOLE,
        },
        "status": {"phase": _WHOLE},
    },
}


def of(kind: kinds.Kind, manifest: kinds.Manifest) -> kinds.Manifest:
    """The outline of an object. KeyError for a kind of which nobody looks at many."""
    outlined: kinds.Manifest = _outline(manifest, FIELDS[kind])
    return {"apiVersion": kind.api_version, "kind": kind.kind, **outlined}


def _outline(value: Any, fields: Mapping[str, Any]) -> Any:
    """What there is of the fields; what is left empty is left out."""
    if not fields:
        return value
    match value:
        case Mapping():
            parts = ((name, _outline(value[name], inner)) for name, inner in fields.items() if name in value)
            return {name: part for name, part in parts if part not in ({}, [])}
        case list():
            return [part for item in value if (part := _outline(item, fields)) not in ({}, [])]
    return value
