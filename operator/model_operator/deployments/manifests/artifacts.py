"""How an artifact comes into the pods that serve it. Always at the same place, always read-only for who serves.

claim          the artifact's folder of the store            seen by subPath: nothing of its neighbours
image volume   the registry's image, by digest               pulled by the kubelet, once a node
fetch (init)   the same, into an emptyDir                    where the cluster has no image volumes
"""

from collections.abc import Sequence
from typing import Any

from model_operator import containers, locations, names, registries
from model_operator.api import types
from model_serving import places

VOLUME = "artifacts"
TMP = "/tmp"
#: fetch streams what it pulls: its memory does not grow with the model.
REQUESTS = {"cpu": "50m", "memory": "64Mi"}
LIMITS = {"memory": "512Mi"}

Location = locations.Location


def mount(location: Location) -> containers.Mount:
    """The one artifact."""
    sub_path = names.artifact_path(location.artifact) if location.claim else ""
    return containers.mount(VOLUME, places.ARTIFACT, sub_path=sub_path, read_only=True)


def volumes(location: Location, *, image_volumes: bool) -> list[dict[str, Any]]:
    """What `mount` and `init_containers` need."""
    if location.claim:
        return [{"name": VOLUME, "persistentVolumeClaim": {"claimName": location.claim}}]
    if image_volumes:
        return [{"name": VOLUME, "image": {"reference": location.reference, "pullPolicy": "IfNotPresent"}}]
    return [
        containers.empty_directory(VOLUME),
        containers.empty_directory(f"tmp-{names.FETCH}"),
        *registries.volumes(location.pull_secret),
    ]


def init_containers(location: Location, images: types.Images, *, image_volumes: bool) -> list[dict[str, Any]]:
    """The container that pulls, where the kubelet does not."""
    return [] if location.claim or image_volumes else [fetch(location, images)]


def pull_secrets(location: Location, *, image_volumes: bool) -> dict[str, Any]:
    """The pod's field that names the Secret for the kubelet; its images have the nodes' own credentials beside it."""
    secret = location.pull_secret if location.reference and image_volumes else ""
    return {"imagePullSecrets": [{"name": secret}]} if secret else {}


def fetch(location: Location, images: types.Images) -> dict[str, Any]:
    """Lays out the artifact in the pod's own volume. Alone in meeting the credentials."""
    return containers.container(
        names.FETCH,
        images.serving,
        _command(location),
        env=containers.environment({"HOME": TMP, **registries.environment(location.pull_secret)}),
        resources=containers.resources(types.Resources(), REQUESTS, LIMITS),
        mounts=[
            containers.mount(VOLUME, places.ARTIFACT),
            *registries.mounts(location.pull_secret),
            containers.mount(f"tmp-{names.FETCH}", TMP),
        ],
    )


def _command(location: Location) -> Sequence[str]:
    asked = ["--reference", location.reference, "--target", places.ARTIFACT]
    plain = ["--plain-http"] if location.plain_http else []
    return ["python3", "-m", "model_serving", "fetch", *asked, *plain]
