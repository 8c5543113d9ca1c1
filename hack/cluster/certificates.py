"""The certificates of a cluster: who signs, who is who.

Three authorities, as on any real cluster: a certificate for the API is worth
nothing at etcd, and none of both may pose as the aggregator's proxy.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster import commands, pins

NODE = "modelsmith"
"""The node's name."""

_ADMINISTRATORS = "system:masters"
_SERVICE_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
)


def ensure(directory: Path, hosts: Sequence[str]) -> None:
    """Have all certificates in a directory, the servers' for these addresses."""
    _ensure(directory, _request(hosts))


def ensure_servers(directory: Path, servers: Mapping[str, Sequence[str]]) -> None:
    """Have an authority `ca` in a directory, and a certificate for each server's names and addresses.

    Such an authority is good for what it signs here, and for nothing at the API server.
    """
    leaves = [_leaf(name, name, hosts=hosts) for name, hosts in servers.items()]
    _ensure(directory, {"authorities": [{"name": "ca", "leaves": leaves}], "keyPairs": []})


def _ensure(directory: Path, request: dict[str, object]) -> None:
    wanted = json.dumps(request, sort_keys=True)
    marker = directory / "request.json"
    if marker.exists() and marker.read_text() == wanted:
        return
    commands.run(pins.binaries(pins.KUBERNETES) / "pki", directory, stdin=wanted)
    marker.write_text(wanted)  # last: half a set is no set


def client_context(directory: Path, name: str, authority: str = "ca") -> ssl.SSLContext:
    """Return what a client needs to be known as `name` by this cluster's servers."""
    context = ssl.create_default_context(cafile=str(directory / f"{authority}.crt"))
    context.load_cert_chain(directory / f"{name}.crt", directory / f"{name}.key")
    return context


def authority_context(directory: Path) -> ssl.SSLContext:
    """Return what an unknown client needs to know the servers of an authority."""
    return ssl.create_default_context(cafile=str(directory / "ca.crt"))


def _request(hosts: Sequence[str]) -> dict[str, object]:
    return {
        "authorities": [
            {"name": "ca", "leaves": _cluster_leaves(hosts)},
            {"name": "etcd-ca", "leaves": _etcd_leaves()},
            {"name": "front-proxy-ca", "leaves": [_leaf("front-proxy", "front-proxy-client")]},
        ],
        "keyPairs": ["service-accounts"],
    }


def _cluster_leaves(hosts: Sequence[str]) -> list[dict[str, object]]:
    return [
        _leaf("apiserver", "kube-apiserver", hosts=(*_SERVICE_NAMES, *hosts)),
        _leaf("apiserver-kubelet-client", "kube-apiserver-kubelet-client", _ADMINISTRATORS),
        _leaf("admin", "kubernetes-admin", _ADMINISTRATORS),
        _leaf("controller-manager", "system:kube-controller-manager"),
        _leaf("scheduler", "system:kube-scheduler"),
        _leaf("kubelet", f"system:node:{NODE}", "system:nodes", hosts=(NODE, *hosts)),
        _leaf("proxy", "system:kube-proxy"),
        _leaf("coredns", "modelsmith:coredns"),
        _leaf("caretaker", "modelsmith:caretaker", _ADMINISTRATORS),
    ]


def _etcd_leaves() -> list[dict[str, object]]:
    return [_leaf("etcd", "etcd", hosts=("localhost", "127.0.0.1")), _leaf("apiserver-etcd-client", "kube-apiserver")]


def _leaf(name: str, common_name: str, organization: str | None = None, hosts: Sequence[str] = ()) -> dict[str, object]:
    return {
        "name": name,
        "commonName": common_name,
        "organization": [organization] if organization else [],
        "hosts": list(hosts),
    }
