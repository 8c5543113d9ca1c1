"""What `up` writes into the API: DNS, the storage class, one role."""

from __future__ import annotations

from cluster import api, layout, volumes

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_SYSTEM = "/api/v1/namespaces/kube-system"
_DISCOVERY = "/apis/discovery.k8s.io/v1/namespaces/kube-system"
_PORTS = (("dns", "UDP"), ("dns-tcp", "TCP"))


def apply(client: api.Client) -> None:
    """Have all of them in the cluster."""
    for collection, body in _all():
        client.apply(f"{collection}/{body['metadata']['name']}", body)


def _all() -> list[tuple[str, api.Json]]:
    return [
        ("/apis/storage.k8s.io/v1/storageclasses", volumes.storage_class()),
        (f"{_RBAC}/clusterroles", _dns_role()),
        (f"{_RBAC}/clusterrolebindings", _dns_role_binding()),
        (f"{_SYSTEM}/services", _dns_service()),
        (f"{_DISCOVERY}/endpointslices", _dns_endpoints()),
    ]


def _dns_role() -> api.Json:
    verbs = ["list", "watch"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "modelsmith:coredns"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "namespaces", "pods"], "verbs": verbs},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": verbs},
        ],
    }


def _dns_role_binding() -> api.Json:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "modelsmith:coredns"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "modelsmith:coredns"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "modelsmith:coredns"}],
    }


def _dns_service() -> api.Json:
    # No selector: the server is a process of the node, not a pod.
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns"},
        "spec": {
            "clusterIP": layout.DNS_SERVICE,
            "ports": [
                {"name": name, "protocol": protocol, "port": 53, "targetPort": layout.DNS_PORT}
                for name, protocol in _PORTS
            ],
        },
    }


def _dns_endpoints() -> api.Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "kube-dns-node", "labels": {"kubernetes.io/service-name": "kube-dns"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [layout.BRIDGE_ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": name, "protocol": protocol, "port": layout.DNS_PORT} for name, protocol in _PORTS],
    }
