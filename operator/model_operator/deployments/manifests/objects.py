"""What every child of a ModelDeployment bears, whatever it is: its name, labels, and whose it is."""

from collections.abc import Mapping
from typing import Any

from model_operator import containers, kinds, names


def child(
    kind: kinds.Kind, resource: kinds.Manifest, spec: Mapping[str, Any], annotations: Mapping[str, str] | None = None
) -> kinds.Manifest:
    """A child of the ModelDeployment's own name."""
    metadata = resource["metadata"]
    name = metadata["name"]
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": containers.labels("server", name, **{names.DEPLOYMENT_LABEL: name}),
            **({"annotations": dict(annotations)} if annotations else {}),
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": dict(spec),
    }
