"""Where the cluster of this machine lives: directories, addresses, ports.

One cluster a machine, so all of it is fixed. Every server listens on 127.0.0.1
or on the bridge's address, which is no other machine's business: the node
itself has the bridge's address, so pods, the node and the API server meet there
whatever the machine's own network looks like.
"""

from __future__ import annotations

import os
from pathlib import Path

from cluster import controlling

BRIDGE = "modelsmith0"
BRIDGE_ADDRESS = "10.88.0.1"
POD_RANGE = "10.88.0.0/16"
DNS_SERVICE = "10.96.0.10"
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only where a program of others takes no address
CGROUP = "modelsmith"
"""All pods live below this cgroup, in every hierarchy: how we know them."""

API_PORT = 6443
ETCD_PORT = 2379
ETCD_PEER_PORT = 2380
CONTROLLERS_PORT = 10257
SCHEDULER_PORT = 10259
KUBELET_PORT = 10250
KUBELET_HEALTH_PORT = 10248
PROXY_HEALTH_PORT = 10256
PROXY_METRICS_PORT = 10249
DNS_PORT = 53
DNS_HEALTH_PORT = 8181
REGISTRY_PORT = 5000
REGISTRY = f"{LOOPBACK}:{REGISTRY_PORT}"
STORE = f"{BRIDGE_ADDRESS}:5001"
"""Where tests may start a registry for artifacts, without TLS: pods and the node reach it under one name."""

PROMETHEUS_PORT = 9090
METRICS_SERVER_PORT = 4443
ADAPTER_PORT = 6444
KEDA_ADAPTER_PORT = 6445
KEDA_ADAPTER_METRICS_PORT = 9668
KEDA_GRPC_PORT = 9666
KEDA_METRICS_PORT = 9665
KEDA_HEALTH_PORT = 9667

PAUSE_IMAGE = f"{REGISTRY}/modelsmith/pause:1"

LISTENERS = {
    "etcd": [(LOOPBACK, ETCD_PORT), (LOOPBACK, ETCD_PEER_PORT)],
    "kube-apiserver": [(BRIDGE_ADDRESS, API_PORT)],
    "kube-controller-manager": [(LOOPBACK, CONTROLLERS_PORT)],
    "kube-scheduler": [(LOOPBACK, SCHEDULER_PORT)],
    "registry": [(LOOPBACK, REGISTRY_PORT)],
    "kubelet": [(BRIDGE_ADDRESS, KUBELET_PORT), (LOOPBACK, KUBELET_HEALTH_PORT)],
    "kube-proxy": [(LOOPBACK, PROXY_HEALTH_PORT), (LOOPBACK, PROXY_METRICS_PORT)],
    "coredns": [(BRIDGE_ADDRESS, DNS_PORT), (LOOPBACK, DNS_HEALTH_PORT)],
}
"""Who listens where: asked before anything starts."""

ADD_ON_LISTENERS = {
    "prometheus": [(BRIDGE_ADDRESS, PROMETHEUS_PORT)],
    "metrics-server": [(BRIDGE_ADDRESS, METRICS_SERVER_PORT)],
    "prometheus-adapter": [(BRIDGE_ADDRESS, ADAPTER_PORT)],
    "keda-operator": [(BRIDGE_ADDRESS, KEDA_GRPC_PORT), (LOOPBACK, KEDA_METRICS_PORT), (LOOPBACK, KEDA_HEALTH_PORT)],
    "keda-adapter": [(BRIDGE_ADDRESS, KEDA_ADAPTER_PORT), (EVERYWHERE, KEDA_ADAPTER_METRICS_PORT)],
}
"""The same of add-ons: asked before they start."""


def directory() -> Path:
    """Return the directory of everything that outlives `down`."""
    return Path(os.environ.get("MODELSMITH_CLUSTER_DIR", "/var/lib/modelsmith-cluster")).absolute()


STATE = Path("/run/modelsmith-cluster")
"""What is only true until the next boot: containerd's and runc's state."""


LOCK = Path("/run/modelsmith-cluster.lock")
"""Held by `up` and by `down`. Not in STATE, which both may remove."""


def kubeconfig() -> Path:
    """Return the administrator's kubeconfig."""
    return directory() / "kubeconfig"


def images_file() -> Path:
    """Return the file with the references of the built images."""
    return directory() / "images.json"


def volumes() -> Path:
    """Return the directory with the data of persistent volumes."""
    return directory() / "volumes"


def site() -> controlling.Site:
    """Return the place of the control plane."""
    return controlling.Site(directory(), BRIDGE_ADDRESS, API_PORT, ETCD_PORT, ETCD_PEER_PORT)
