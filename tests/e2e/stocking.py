"""Put files on a claim, as a user's own pod does, under the same restrictions as everybody else."""

from collections.abc import Mapping

from e2e import kube, manifests

#: Names that begin with a dot are the kubelet's own.
COPY = """
import pathlib, shutil
for file in pathlib.Path("/from").glob("[!.]*"):
    shutil.copy(file, "/to")
"""
USER = 65532


def put(namespace: kube.Namespace, claim_name: str, files: Mapping[str, bytes], image: str) -> None:
    """Make the claim, unless it is there, and copy the files to its root."""
    namespace.delete("pod", "stocker")
    namespace.apply(claim(claim_name), manifests.config_map("stock", files), pod(claim_name, image))
    done = ("--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s")
    namespace.kubectl("wait", "pod/stocker", *done, patience=130)


def claim(name: str) -> kube.Manifest:
    """A small PersistentVolumeClaim of the cluster's default class."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}},
    }


def pod(claim_name: str, image: str) -> kube.Manifest:
    """What copies the ConfigMap `stock` to the claim."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stocker"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container(image)],
            "volumes": [
                {"name": "from", "configMap": {"name": "stock"}},
                {"name": "to", "persistentVolumeClaim": {"claimName": claim_name}},
            ],
        },
    }


def container(image: str) -> kube.Manifest:
    """Any image with a Python will do."""
    return {
        "name": "copy",
        "image": image,
        "command": ["python3", "-c", COPY],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "from", "mountPath": "/from"}, {"name": "to", "mountPath": "/to"}],
    }
