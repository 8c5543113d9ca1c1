"""What a pod mounts, and what a person can do when that fails: a Secret that is not there, an image that does not come.

Pure. The kubelet names a volume, or a reference, where a person thinks of a Secret or of an artifact.
"""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from model_operator import kinds, names

#: How registries and runtimes say that they do not know who asks, or do not let them.
_DENIED = re.compile(r"\b40[13]\b|unauthori[sz]ed|forbidden|denied|credentials|authentication", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class ImageVolume:
    """A volume that is an image of a registry."""

    name: str
    reference: str


def images(pod: kinds.Manifest) -> Iterator[ImageVolume]:
    """The image volumes of a pod."""
    for volume in _all(pod):
        if "image" in volume:
            yield ImageVolume(volume["name"], volume["image"].get("reference", ""))


def pulled(pod: kinds.Manifest, words: str) -> ImageVolume | None:
    """The image volume of which a runtime's words about a pull speak; they name the reference."""
    return next((volume for volume in images(pod) if volume.reference and volume.reference in words), None)


def hint_of_pull(pod: kinds.Manifest, words: str) -> str:
    """Which Secret it would be, when the registry does not let the node read."""
    if not _DENIED.search(words):
        return ""
    secrets = [one.get("name", "") for one in (pod.get("spec") or {}).get("imagePullSecrets") or ()]
    if not secrets:
        return "; name a Secret that may read it in spec.artifact.oci.pullSecretName"
    return f"; Secret {secrets[0]!r} (spec.artifact.oci.pullSecretName) must exist in this namespace and may read it"


def hint_of_runtime(pod: kinds.Manifest) -> str:
    """No API tells whether a node's container runtime has image volumes: one without them fails like this."""
    if not any(images(pod)):
        return ""
    revision = (pod["metadata"].get("labels") or {}).get(names.REVISION, "")
    return (
        "; if the node's runtime has no image volumes (containerd before 2.1), install the operator with"
        f" imageVolumes=never and delete the ControllerRevision {revision!r}"
    )


def hint_of_mount(pod: kinds.Manifest, words: str) -> str:
    """What is behind a volume that cannot be mounted: the kubelet's words may name the volume alone."""
    named = (volume for volume in _all(pod) if f'"{volume["name"]}"' in words)
    for volume in named:
        if "secret" in volume:
            secret = volume["secret"].get("secretName", "")
            return f"; Secret {secret!r} must exist in this namespace, with type kubernetes.io/dockerconfigjson"
        if "configMap" in volume:
            return f"; ConfigMap {volume['configMap'].get('name', '')!r} must exist in this namespace"
        if "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            return f"; see with kubectl describe pvc {claim} what keeps the claim from its volume"
    return ""


def _all(pod: kinds.Manifest) -> list[dict[str, Any]]:
    return list((pod.get("spec") or {}).get("volumes") or ())
