"""How requests from outside come to the servers: an Ingress, and the routes of the Gateway API.

    client ─► Ingress ──────────────► Service (http)
    client ─► Gateway ─► HTTPRoute ─► Services with weights (http)
                      └► GRPCRoute ─► Services with weights (grpc)

A listener takes either an HTTPRoute or a GRPCRoute for one name (the specification has it refuse the younger), so each
has names of its own.
"""

from collections.abc import Sequence
from typing import Any

from model_operator import kinds
from model_operator.api import network
from model_operator.deployments.manifests import objects
from model_serving import settings

#: A Service, and its part of the requests.
Backend = tuple[str, int]


def ingress(resource: kinds.Manifest, asked: network.Ingress) -> kinds.Manifest:
    """The Ingress."""
    backend = {"service": {"name": resource["metadata"]["name"], "port": {"name": "http"}}}
    http = {"paths": [{"path": asked.path, "pathType": "Prefix", "backend": backend}]}
    tls = [{"hosts": [asked.host], "secretName": asked.tls_secret_name}] if asked.tls_secret_name else []
    spec = {
        **({"ingressClassName": asked.class_name} if asked.class_name else {}),
        "rules": [{"host": asked.host, "http": http}],
        **({"tls": tls} if tls else {}),
    }
    return objects.child(kinds.INGRESS, resource, spec, dict(asked.annotations))


def http_route(resource: kinds.Manifest, asked: network.Gateway, backends: Sequence[Backend]) -> kinds.Manifest:
    """The HTTPRoute to these Services."""
    match = [{"path": {"type": "PathPrefix", "value": "/"}}]
    rules = [{"matches": match, "backendRefs": _references(backends, settings.HTTP_PORT)}]
    return objects.child(kinds.HTTP_ROUTE, resource, _routed(asked, asked.hostnames, rules))


def grpc_route(resource: kinds.Manifest, asked: network.Gateway, backends: Sequence[Backend]) -> kinds.Manifest:
    """The GRPCRoute to these Services."""
    rules = [{"backendRefs": _references(backends, settings.GRPC_PORT)}]
    return objects.child(kinds.GRPC_ROUTE, resource, _routed(asked, asked.grpc_hostnames, rules))


def _routed(asked: network.Gateway, hostnames: Sequence[str], rules: list[dict[str, Any]]) -> dict[str, Any]:
    parents = [_parent(one) for one in asked.parent_refs]
    return {"parentRefs": parents, "hostnames": list(hostnames), "rules": rules}


def _parent(asked: network.ParentReference) -> dict[str, str]:
    said = {"name": asked.name, "namespace": asked.namespace, "sectionName": asked.section_name}
    return {name: value for name, value in said.items() if value}


def _references(backends: Sequence[Backend], port: int) -> list[dict[str, Any]]:
    return [{"name": name, "port": port, "weight": weight} for name, weight in backends]
