"""The programs of the control plane: pure command lines.

Both the whole cluster and the API server of a test run are made of these.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cluster import certificates, pins, probing, processes

SERVICE_RANGE = "10.96.0.0/16"
FIRST_SERVICE = "10.96.0.1"
"""The address of the Service `kubernetes`: the API server, as pods see it."""


@dataclasses.dataclass(frozen=True)
class Site:
    """Where one control plane lives."""

    directory: Path
    address: str
    """Of the API server; the others stay on 127.0.0.1."""
    port: int
    etcd_port: int
    etcd_peer_port: int

    @property
    def pki(self) -> Path:
        """The certificates."""
        return self.directory / "pki"

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:{self.port}"

    @property
    def audit_log(self) -> Path:
        """One JSON object a line."""
        return self.directory / "audit" / "audit.log"

    @property
    def audit_policy(self) -> Path:
        """What goes into the audit log."""
        return self.directory / "audit" / "policy.json"

    def kubeconfig_of(self, identity: str) -> Path:
        """Return the file of one of the cluster's own parts."""
        return self.directory / "kubeconfigs" / identity


def program(name: str) -> str:
    """Return the path of one of our Kubernetes programs."""
    return str(pins.binaries(pins.KUBERNETES) / name)


def etcd(site: Site, *extra: str) -> processes.Program:
    """Return the database: it listens on 127.0.0.1 and knows only the API server."""
    client = f"https://127.0.0.1:{site.etcd_port}"
    peer = f"https://127.0.0.1:{site.etcd_peer_port}"
    argv = [
        program("etcd"),
        "--name=modelsmith",
        f"--data-dir={site.directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=modelsmith={peer}",
        "--client-cert-auth",
        "--peer-client-cert-auth",
        *_files(site.pki, "", "cert-file=etcd.crt", "key-file=etcd.key"),
        *_files(site.pki, "", "trusted-ca-file=etcd-ca.crt"),
        *_files(site.pki, "peer-", "cert-file=etcd.crt", "key-file=etcd.key"),
        *_files(site.pki, "peer-", "trusted-ca-file=etcd-ca.crt"),
        "--log-level=warn",
        *extra,
    ]
    context = certificates.client_context(site.pki, "apiserver-etcd-client", "etcd-ca")
    return processes.Program("etcd", argv, probing.http_ok(f"{client}/health", context))


def apiserver(site: Site, *extra: str) -> processes.Program:
    """Return the API server, with its default admission and an audit log."""
    argv = [
        program("kube-apiserver"),
        f"--bind-address={site.address}",
        f"--secure-port={site.port}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--profiling=false",
        *_apiserver_identity(site.pki),
        *_apiserver_storage(site),
        *_apiserver_accounts(site.pki),
        *_apiserver_aggregation(site.pki),
        f"--audit-policy-file={site.audit_policy}",
        f"--audit-log-path={site.audit_log}",
        *extra,
    ]
    context = certificates.client_context(site.pki, "admin")
    ready = probing.http_ok(f"{site.server}/readyz", context)
    return processes.Program("kube-apiserver", argv, ready)


def controller_manager(site: Site, port: int, *extra: str) -> processes.Program:
    """Return the controllers: Jobs, Deployments, garbage, service accounts."""
    kubeconfig = site.kubeconfig_of("controller-manager")
    argv = [
        program("kube-controller-manager"),
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--use-service-account-credentials",
        f"--flex-volume-plugin-dir={site.directory / 'volume-plugins'}",  # it makes that directory
        *_files(
            site.pki,
            "",
            "root-ca-file=ca.crt",
            "service-account-private-key-file=service-accounts.key",
            "cluster-signing-cert-file=ca.crt",
            "cluster-signing-key-file=ca.key",
        ),
        "--leader-elect=false",  # there is one, and it should start at once
        *extra,
    ]
    return processes.Program("kube-controller-manager", argv, _listens(port))


def scheduler(site: Site, port: int) -> processes.Program:
    """Return the scheduler."""
    kubeconfig = site.kubeconfig_of("scheduler")
    argv = [
        program("kube-scheduler"),
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
    ]
    return processes.Program("kube-scheduler", argv, _listens(port))


def _listens(port: int) -> probing.Probe:
    # They serve a certificate of their own making, so it cannot be checked.
    return probing.tcp("127.0.0.1", port)


def _apiserver_identity(pki: Path) -> list[str]:
    return [
        "--kubelet-preferred-address-types=InternalIP",  # nobody resolves the node's name
        *_files(
            pki,
            "",
            "client-ca-file=ca.crt",
            "tls-cert-file=apiserver.crt",
            "tls-private-key-file=apiserver.key",
            "kubelet-certificate-authority=ca.crt",
            "kubelet-client-certificate=apiserver-kubelet-client.crt",
            "kubelet-client-key=apiserver-kubelet-client.key",
        ),
    ]


def _apiserver_storage(site: Site) -> list[str]:
    return [
        f"--etcd-servers=https://127.0.0.1:{site.etcd_port}",
        *_files(
            site.pki,
            "",
            "etcd-cafile=etcd-ca.crt",
            "etcd-certfile=apiserver-etcd-client.crt",
            "etcd-keyfile=apiserver-etcd-client.key",
        ),
    ]


def _apiserver_accounts(pki: Path) -> list[str]:
    return [
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        *_files(
            pki,
            "",
            "service-account-key-file=service-accounts.pub",
            "service-account-signing-key-file=service-accounts.key",
        ),
    ]


def _apiserver_aggregation(pki: Path) -> list[str]:
    return [
        "--enable-aggregator-routing=true",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        *_files(
            pki,
            "",
            "requestheader-client-ca-file=front-proxy-ca.crt",
            "proxy-client-cert-file=front-proxy.crt",
            "proxy-client-key-file=front-proxy.key",
        ),
    ]


def _files(pki: Path, prefix: str, *flags: str) -> list[str]:
    pairs = (flag.split("=") for flag in flags)
    return [f"--{prefix}{name}={pki / file}" for name, file in pairs]
