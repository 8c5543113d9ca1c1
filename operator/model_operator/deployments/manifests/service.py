"""Where clients find the servers: one Service with a cluster address, one that names every pod, one for a track."""

from typing import Any

from model_operator import containers, kinds, names
from model_serving import settings

HTTP = {"name": "http", "port": settings.HTTP_PORT, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
GRPC = {
    "name": "grpc",
    "port": settings.GRPC_PORT,
    "targetPort": "grpc",
    "protocol": "TCP",
    "appProtocol": "kubernetes.io/h2c",
}
METRICS = {"name": "metrics", "port": settings.METRICS_PORT, "targetPort": "metrics", "protocol": "TCP"}


def service(resource: kinds.Manifest, *, tls: bool) -> kinds.Manifest:
    """The Service. It selects every track, so that a canary gets its share."""
    return _service(resource, resource["metadata"]["name"], {"type": "ClusterIP", "ports": ports(tls=tls)})


def headless(resource: kinds.Manifest, *, tls: bool) -> kinds.Manifest:
    """The headless Service: a gRPC channel stays with one pod, so clients that balance need to see all of them.

    Metrics are here alone: asked through one address they would be another pod's each time.
    """
    name = names.headless_service(resource["metadata"]["name"])
    spec = {"type": "ClusterIP", "clusterIP": "None", "ports": [*ports(tls=tls), dict(METRICS)]}
    return _service(resource, name, spec)


def ports(*, tls: bool) -> list[dict[str, Any]]:
    """What clients of the model reach. Encrypted, gRPC is no cleartext HTTP/2, and HTTP is not there."""
    return [{**GRPC, "appProtocol": "https"}] if tls else [dict(HTTP), dict(GRPC)]


def of_track(resource: kinds.Manifest, track: str) -> kinds.Manifest:
    """The Service of one track: routes of the Gateway API share requests between Services, not between pods."""
    name = names.track_service(resource["metadata"]["name"], track)
    ports = [dict(HTTP), dict(GRPC)]
    return _service(resource, name, {"type": "ClusterIP", "ports": ports}, {names.TRACK_LABEL: track})


def _service(
    resource: kinds.Manifest, name: str, spec: dict[str, Any], selected: dict[str, str] | None = None
) -> kinds.Manifest:
    metadata = resource["metadata"]
    own = {names.DEPLOYMENT_LABEL: metadata["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": containers.labels("server", metadata["name"], **own),
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {**spec, "selector": {**own, **(selected or {})}},
    }
