"""APIs of the cluster that a process of this machine serves, and Services that lead to one.

The API server forwards a group's requests to the Service that its APIService names. A group whose server is dead stops
more than itself: a namespace is deleted only once every group has told what it holds there. So a group is withdrawn
before its server stops.
"""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path

from cluster import api, layout

_REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"
_PORT = "main"


@dataclasses.dataclass(frozen=True)
class Hosted:
    """A Service without a selector: its one endpoint is this machine."""

    namespace: str
    name: str
    port: int
    """Where the process listens, on the bridge's address."""
    service_port: int = 443

    @property
    def hosts(self) -> list[str]:
        """Return the names and the address that its certificate is for."""
        return [f"{self.name}.{self.namespace}.svc", self.name, layout.BRIDGE_ADDRESS]


@dataclasses.dataclass(frozen=True)
class Group:
    """A group of APIs at one version, and who serves it."""

    name: str
    version: str
    service: Hosted

    @property
    def registration(self) -> str:
        """Return the name of its APIService."""
        return f"{self.version}.{self.name}"


def announce(client: api.Client, service: Hosted) -> None:
    """Have a Service lead to this machine."""
    core, discovery = "/api/v1/namespaces", "/apis/discovery.k8s.io/v1/namespaces"
    client.apply(f"{core}/{service.namespace}/services/{service.name}", _service(service))
    client.apply(f"{discovery}/{service.namespace}/endpointslices/{service.name}-node", _endpoints(service))


def register(client: api.Client, group: Group, authority: Path) -> None:
    """Have the API server forward a group; the authority signed its server's certificate."""
    client.apply(f"{_REGISTRATIONS}/{group.registration}", _registration(group, authority.read_bytes()))


def withdraw(client: api.Client, group: Group) -> None:
    """Have it forwarded no more."""
    client.delete(f"{_REGISTRATIONS}/{group.registration}")


def is_available(client: api.Client, group: Group) -> bool:
    """Whether the API server has found it to answer."""
    conditions = client.get(f"{_REGISTRATIONS}/{group.registration}").get("status", {}).get("conditions", [])
    return any(each["type"] == "Available" and each["status"] == "True" for each in conditions)


def _service(service: Hosted) -> api.Json:
    port = {"name": _PORT, "protocol": "TCP", "port": service.service_port, "targetPort": service.port}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": service.name}, "spec": {"ports": [port]}}


def _endpoints(service: Hosted) -> api.Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service.name}-node", "labels": {"kubernetes.io/service-name": service.name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [layout.BRIDGE_ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": _PORT, "protocol": "TCP", "port": service.port}],
    }


def _registration(group: Group, authority: bytes) -> api.Json:
    service = group.service
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": group.registration},
        "spec": {
            "group": group.name,
            "version": group.version,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "service": {"namespace": service.namespace, "name": service.name, "port": service.service_port},
            "caBundle": base64.b64encode(authority).decode(),
        },
    }
