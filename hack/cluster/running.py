"""The programs of the node and beside it: command lines and their files."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from cluster import certificates, controlling, layout, pins, probing, processes

_CNI_PROGRAMS = ("/usr/lib/cni", "/opt/cni/bin")
_CONTAINERD_CONFIG = """\
version = 3
root = "{directory}/containerd"
state = "{state}/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = "{state}/containerd.sock"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{pause}"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "{directory}/config/registries"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true   # we may not lower our own where we are confined
netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = {cni_programs}
conf_dir = "{directory}/config/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
Root = "{state}/runc"

[plugins."io.containerd.internal.v1.opt"]
path = "{directory}/containerd/opt"
"""

_HOST_CONFIG = """\
server = "http://{host}"

[host."http://{host}"]
capabilities = ["pull", "resolve"]
"""

_COREFILE = """\
.:{port} {{
    bind {address}
    errors
    ready {loopback}:{health}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig} modelsmith
        pods insecure
        ttl 5
    }}
    forward . /etc/resolv.conf
    cache 5
    loadbalance
}}
"""

_REGISTRY_CONFIG = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {directory}/registry}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""


def containerd() -> processes.Program:
    """Return the container runtime. Our shim comes first on its PATH."""
    config = _write(
        "containerd.toml",
        _CONTAINERD_CONFIG.format(
            directory=layout.directory(),
            state=layout.STATE,
            pause=layout.PAUSE_IMAGE,
            cni_programs=json.dumps(_CNI_PROGRAMS),
        ),
    )
    _write("cni/10-modelsmith.conflist", json.dumps(_cni_network(), indent=2))
    for host in (layout.REGISTRY, layout.STORE):
        _write(f"registries/{host}/hosts.toml", _HOST_CONFIG.format(host=host))
    programs = pins.binaries(pins.CONTAINERD)
    return processes.Program(
        "containerd",
        [str(programs / "containerd"), "--config", str(config)],
        probing.unix(layout.STATE / "containerd.sock"),
        {"PATH": f"{programs}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
    )


def kubelet() -> processes.Program:
    """Return the node's agent."""
    root = layout.directory() / "kubelet"
    config = _write("kubelet.json", json.dumps(_kubelet_configuration(), indent=2))
    argv = [
        controlling.program("kubelet"),
        f"--config={config}",
        f"--kubeconfig={layout.site().kubeconfig_of('kubelet')}",
        f"--root-dir={root}",
        f"--cert-dir={root / 'pki'}",
        f"--hostname-override={certificates.NODE}",
        f"--node-ip={layout.BRIDGE_ADDRESS}",
    ]
    health = f"http://{layout.LOOPBACK}:{layout.KUBELET_HEALTH_PORT}/healthz"
    # It ends when the runtime does not answer yet, which takes connections before it does.
    return processes.Program("kubelet", argv, probing.http_ok(health), tries=5)


def kube_proxy() -> processes.Program:
    """Return what makes cluster IPs work."""
    argv = [
        controlling.program("kube-proxy"),
        f"--kubeconfig={layout.site().kubeconfig_of('proxy')}",
        f"--hostname-override={certificates.NODE}",
        "--proxy-mode=iptables",
        f"--cluster-cidr={layout.POD_RANGE}",
        "--conntrack-max-per-core=0",
        f"--bind-address={layout.BRIDGE_ADDRESS}",
        f"--healthz-bind-address={layout.LOOPBACK}:{layout.PROXY_HEALTH_PORT}",
        f"--metrics-bind-address={layout.LOOPBACK}:{layout.PROXY_METRICS_PORT}",
        f"--nodeport-addresses={layout.POD_RANGE}",
    ]
    health = f"http://{layout.LOOPBACK}:{layout.PROXY_HEALTH_PORT}/livez"
    return processes.Program("kube-proxy", argv, probing.http_ok(health))


def coredns() -> processes.Program:
    """Return the DNS server of the pods, on the bridge."""
    corefile = _COREFILE.format(
        port=layout.DNS_PORT,
        address=layout.BRIDGE_ADDRESS,
        loopback=layout.LOOPBACK,
        health=layout.DNS_HEALTH_PORT,
        kubeconfig=layout.site().kubeconfig_of("coredns"),
    )
    argv = [controlling.program("coredns"), "-conf", str(_write("Corefile", corefile))]
    ready = f"http://{layout.LOOPBACK}:{layout.DNS_HEALTH_PORT}/ready"
    return processes.Program("coredns", argv, probing.http_ok(ready))


def registry() -> processes.Program:
    """Return the image registry, from which containerd pulls by layers."""
    content = _REGISTRY_CONFIG.format(directory=layout.directory(), address=layout.REGISTRY)
    config = _write("registry.yaml", content)
    argv = [controlling.program("registry"), "serve", str(config)]
    ready = probing.http_ok(f"http://{layout.REGISTRY}/v2/")
    return processes.Program("registry", argv, ready, {"OTEL_TRACES_EXPORTER": "none"})


def caretaker() -> processes.Program:
    """Return our own loop: volumes and pretended GPUs (caretaking.py)."""
    marker = layout.STATE / "caretaker.ready"
    package = str(Path(__file__).resolve().parent)
    argv = [sys.executable, package, "caretake", str(marker)]
    return processes.Program("caretaker", argv, marker.exists, marker=marker)


def _cni_network() -> dict[str, object]:
    return {
        "cniVersion": "1.0.0",
        "name": "modelsmith",
        "plugins": [
            {
                "type": "bridge",
                "bridge": layout.BRIDGE,
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(layout.STATE / "addresses"),
                    "ranges": [[{"subnet": layout.POD_RANGE, "gateway": layout.BRIDGE_ADDRESS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }


def _kubelet_configuration() -> dict[str, object]:
    pki = layout.site().pki
    directory = layout.directory()
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.BRIDGE_ADDRESS,
        "port": layout.KUBELET_PORT,
        "healthzBindAddress": layout.LOOPBACK,
        "authentication": {"x509": {"clientCAFile": str(pki / "ca.crt")}},
        "tlsCertFile": str(pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{layout.STATE}/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [layout.DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "podLogsDir": str(directory / "pod-logs"),
        "volumePluginDir": str(directory / "kubelet" / "volume-plugins"),
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        # A developer's disk is often nearly full: that is no reason to evict.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1Gi",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1Gi",
        },
        "syncFrequency": "10s",
    }


def write_versioned(name: str, content: str) -> Path:
    """Write a configuration under a name that changes with it: a program is started anew with another command line."""
    stem, _, suffix = name.rpartition(".")
    return _write(f"{stem}-{hashlib.sha256(content.encode()).hexdigest()[:10]}.{suffix}", content)


def _write(name: str, content: str) -> Path:
    path = layout.directory() / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path
