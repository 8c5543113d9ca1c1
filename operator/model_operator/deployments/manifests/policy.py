"""Who may connect to the servers, and whether they may connect to anybody."""

from typing import Any

from model_operator import containers, kinds, names
from model_operator.api import network
from model_serving import settings

#: Every pod of the namespace of the policy.
_NEIGHBOURS: dict[str, Any] = {"podSelector": {}}


def network_policy(resource: kinds.Manifest, asked: network.NetworkPolicy, *, egress: bool) -> kinds.Manifest:
    """The NetworkPolicy, of every track.

    Predictions are for those who are named. Metrics and the sentinel are for everybody: kubelets (whose probes come
    from the node's address), Prometheus and the operator ask them, none of which has an address that is known here, and
    both tell numbers and states only.

    Servers need nobody: what they serve is brought by the kubelet, or by an init container (`egress`). Closed, a
    server that somebody broke into reaches nothing. A policy of a person's own for the same pods opens more: policies
    add up.
    """
    metadata = resource["metadata"]
    name = metadata["name"]
    own = {names.DEPLOYMENT_LABEL: name}
    peers = [_peer(one) for one in asked.from_] or [_NEIGHBOURS]
    rules = [
        {"from": peers, "ports": _ports(settings.HTTP_PORT, settings.GRPC_PORT)},
        {"ports": _ports(settings.METRICS_PORT, settings.SENTINEL_PORT)},
    ]
    return {
        "apiVersion": kinds.NETWORK_POLICY.api_version,
        "kind": kinds.NETWORK_POLICY.kind,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": containers.labels("server", name, **own),
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {
            "podSelector": {"matchLabels": own},
            "policyTypes": ["Ingress"] if egress else ["Ingress", "Egress"],
            "ingress": rules,
        },
    }


def _peer(asked: network.Peer) -> dict[str, Any]:
    """As it was written. An empty selector selects all: it is no default, and is written, too."""
    written: dict[str, Any] = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return written


def _ports(*numbers: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": number} for number in numbers]
