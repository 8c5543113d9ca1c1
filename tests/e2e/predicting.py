"""Ask a served model, at the addresses that its Service has inside the cluster.

The embedded cluster routes ClusterIPs on this machine; names are left to clients in pods.
"""

import json
import socket
import urllib.request

from e2e import kube, smallmodels
from model_serving import settings

TIMEOUT = 10


def address(namespace: kube.Namespace, name: str, port: int = settings.HTTP_PORT) -> str:
    """host:port of a ModelDeployment's Service."""
    return f"{namespace.get('service', name)['spec']['clusterIP']}:{port}"


def mark(namespace: kube.Namespace, name: str) -> float | None:
    """Which small model answers; None when none does."""
    url = f"http://{address(namespace, name)}/v2/models/{name}/infer"
    asked = urllib.request.Request(url, json.dumps(smallmodels.ZERO).encode())
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            return json.load(answer)["outputs"][0]["data"][0]
    except OSError:  # refused, not in time, or an HTTP status other than 200
        return None


def bears(namespace: kube.Namespace, name: str, size: int) -> bool:
    """Whether the server answers others while it holds a request of `size` bytes, of which the last never comes.

    Never, because the development server does not survive to read large ones (CVE-2025-23310).
    """
    host, _, port = address(namespace, name).partition(":")
    head = f"POST /v2/models/{name}/infer HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size + 1}\r\n\r\n"
    try:
        with socket.create_connection((host, int(port)), TIMEOUT) as connection:
            connection.sendall(head.encode() + bytes(size))
            return mark(namespace, name) is not None
    except OSError:  # refused, or cut while it was sent
        return False


def config(namespace: kube.Namespace, name: str) -> kube.Manifest:
    """The configuration that the server itself shows."""
    url = f"http://{address(namespace, name)}/v2/models/{name}/config"
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        return json.load(answer)
