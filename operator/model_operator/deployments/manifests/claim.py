"""The claim that holds a namespace's artifacts, unless somebody made it."""

from collections.abc import Sequence
from typing import Any

from model_operator import containers, kinds, names
from model_operator.api import deployment, quantities
from model_operator.deployments import state


def claim(
    artifact: deployment.Artifact, namespace: str, owners: Sequence[dict[str, Any]], present: kinds.Manifest | None
) -> kinds.Manifest:
    """The claim. One that is there keeps what it asked for: almost nothing of it may change, and it has many owners.

    They are written down once more, because Kubernetes takes one that is gone off the list.
    """
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": artifact.claim_name,
            "namespace": namespace,
            "labels": containers.labels("artifacts", artifact.claim_name),
            "annotations": {names.USERS: ",".join(sorted(containers.short(owner) for owner in owners))},
            "ownerReferences": list(owners),
        },
        "spec": _kept(present) if present else _asked(artifact),
    }


def _asked(artifact: deployment.Artifact) -> dict[str, Any]:
    """ReadWriteOnce is what every cluster can provide; who has more nodes brings a claim of another mode."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": quantities.canonical(artifact.size)}},
    }
    return {**spec, "storageClassName": artifact.storage_class_name} if artifact.storage_class_name else spec


def _kept(present: kinds.Manifest) -> dict[str, Any]:
    """What was asked when it was made: three fields, and nothing that the cluster added."""
    storage = state.field(present, "spec", "resources", "requests", "storage") or "0"
    spec: dict[str, Any] = {
        "accessModes": list(present["spec"]["accessModes"]),
        "resources": {"requests": {"storage": storage}},
    }
    storage_class = state.field(present, "spec", "storageClassName")
    return {**spec, "storageClassName": storage_class} if storage_class else spec
