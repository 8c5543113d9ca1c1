"""Claims on disks of this machine that are too small, or that are another machine's."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cluster import certificates
from e2e import kube, stocking


@contextlib.contextmanager
def claimed(namespace: kube.Namespace, name: str, folder: Path, size: str) -> Iterator[None]:
    """A claim on a disk of that size (as mount writes it): a file system in memory, as directories have no size."""
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    kube.kubectl("delete", "pv", name, "--ignore-not-found")
    namespace.apply(volume(name, folder), bound(name))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        kube.kubectl("delete", "pv", name, "--ignore-not-found", "--wait=false")


def grow(folder: Path, size: str) -> None:
    """Make the disk larger, as a storage class that allows it does."""
    mount("-o", f"remount,size={size}", str(folder))


def mount(*words: str) -> None:
    """`mount`; the story runs as root."""
    subprocess.run(["mount", *words], check=True)


def volume(name: str, folder: Path, node: str = certificates.NODE) -> kube.Manifest:
    """A volume on one machine, this one: the kubelet applies a pod's fsGroup to `local`."""
    place = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Mi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [place]}]}},
        },
    }


def bound(name: str) -> kube.Manifest:
    """A claim on that very volume."""
    claim = stocking.claim(name)
    claim["spec"] |= {"storageClassName": "", "volumeName": name, "resources": {"requests": {"storage": "1Mi"}}}
    return claim
