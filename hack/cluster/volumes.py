"""Provisions persistent volumes: a directory of this machine for each claim.

They are `local` volumes, because the kubelet applies a pod's fsGroup to those
and not to hostPath: a container that is not root can write, as on a real disk,
and only if it asks for a group, as on a real disk too. A claim is provisioned
when its first pod is scheduled (WaitForFirstConsumer), as clouds do: what waits
for a bound claim before it makes a pod would hang there, so it should hang here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cluster import api, certificates

STORAGE_CLASS = "modelsmith-local"
PROVISIONER = "modelsmith.dev/local-directory"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"


def reconcile(client: api.Client, root: Path) -> None:
    """Make the volumes that are wanted and delete those given back."""
    claims = client.items("/api/v1/persistentvolumeclaims")
    existing = client.items("/api/v1/persistentvolumes")
    present = {volume["metadata"]["name"] for volume in existing}
    for claim in claims:
        if is_wanted(claim) and name_of(claim) not in present:
            make_directory(root / name_of(claim))
            client.create("/api/v1/persistentvolumes", volume_for(claim, root))
    for volume in existing:
        if is_given_back(volume):
            # The data first: a volume that is gone has no one to delete its data.
            shutil.rmtree(volume["spec"]["local"]["path"], ignore_errors=True)
            client.delete(f"/api/v1/persistentvolumes/{volume['metadata']['name']}")


def storage_class() -> api.Json:
    """Return the cluster's default storage class."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": PROVISIONER,
        "volumeBindingMode": "WaitForFirstConsumer",
        "reclaimPolicy": "Delete",
    }


def is_wanted(claim: api.Json) -> bool:
    """Whether a claim waits for us: our class, a pod scheduled, no volume chosen."""
    spec, metadata = claim["spec"], claim["metadata"]
    return (
        spec.get("storageClassName") == STORAGE_CLASS
        and not spec.get("volumeName")
        and _SELECTED_NODE in metadata.get("annotations", {})
        and "deletionTimestamp" not in metadata
    )


def is_given_back(volume: api.Json) -> bool:
    """Whether a volume of ours has lost its claim and may be deleted."""
    metadata, spec = volume["metadata"], volume["spec"]
    return (
        metadata.get("annotations", {}).get(_PROVISIONED_BY) == PROVISIONER
        and volume.get("status", {}).get("phase") == "Released"
        and spec.get("persistentVolumeReclaimPolicy") == "Delete"
        and "deletionTimestamp" not in metadata
    )


def name_of(claim: api.Json) -> str:
    """Return the name of a claim's volume: one and the same in every round."""
    return f"pvc-{claim['metadata']['uid']}"


def volume_for(claim: api.Json, root: Path) -> api.Json:
    """Return the volume of a claim, bound to it from the start."""
    metadata = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name_of(claim), "annotations": {_PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            # One node: what one pod may do, all may.
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": STORAGE_CLASS,
            "local": {"path": str(root / name_of(claim))},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [_on_this_node()]}},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
    }


def make_directory(path: Path) -> None:
    """Make a volume's directory as a fresh disk is: root's, readable by all."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)


def _on_this_node() -> api.Json:
    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": [certificates.NODE]}
    return {"matchExpressions": [hostname]}
