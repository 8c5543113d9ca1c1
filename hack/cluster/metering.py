"""metrics-server and prometheus-adapter: what autoscalers read, as APIs of the cluster."""

from __future__ import annotations

from pathlib import Path

from cluster import accounts, addons, aggregation, certificates, layout, pins, probing, processes, running, scraping

ADD_ON = "monitoring"
RULES = scraping.JOBS.with_name("adapter-rules.yaml")
"""prometheus-adapter's configuration, as the chart ships it."""

METRICS_SERVER = aggregation.Hosted("kube-system", "metrics-server", layout.METRICS_SERVER_PORT)
ADAPTER = aggregation.Hosted("monitoring", "prometheus-adapter", layout.ADAPTER_PORT)
GROUPS = (
    aggregation.Group("metrics.k8s.io", "v1beta1", METRICS_SERVER),
    aggregation.Group("custom.metrics.k8s.io", "v1beta1", ADAPTER),
)

METRICS_SERVER_ACCOUNT = accounts.Account(
    "kube-system",
    "metrics-server",
    (accounts.rule("nodes/metrics", "get"), accounts.rule("pods nodes namespaces configmaps", "get", "list", "watch")),
    serves=True,
)
ADAPTER_ACCOUNT = accounts.Account(
    "monitoring",
    "prometheus-adapter",
    (accounts.rule("pods nodes namespaces services configmaps", "get", "list", "watch"),),
    serves=True,
)


def metrics_server() -> processes.Program:
    """Return what asks the kubelet for the processor and memory use of pods."""
    argv = [
        str(pins.binaries(pins.METRICS_SERVER) / "metrics-server"),
        f"--kubeconfig={METRICS_SERVER_ACCOUNT.kubeconfig}",
        *serving_flags(METRICS_SERVER_ACCOUNT, METRICS_SERVER, addons.pki(ADD_ON)),
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={layout.site().pki / 'ca.crt'}",
        "--metric-resolution=15s",
    ]
    return processes.Program(METRICS_SERVER.name, argv, answers(METRICS_SERVER, addons.pki(ADD_ON)))


def adapter() -> processes.Program:
    """Return what makes custom metrics out of Prometheus's; one that runs with other rules gives way."""
    rules = running.write_versioned("adapter-rules.yaml", RULES.read_text())
    argv = [
        str(pins.binaries(pins.PROMETHEUS_ADAPTER) / "adapter"),
        f"--prometheus-url={scraping.URL}",
        f"--config={rules}",
        "--metrics-relist-interval=10s",
        f"--lister-kubeconfig={ADAPTER_ACCOUNT.kubeconfig}",
        *serving_flags(ADAPTER_ACCOUNT, ADAPTER, addons.pki(ADD_ON)),
    ]
    return processes.Program(ADAPTER.name, argv, answers(ADAPTER, addons.pki(ADD_ON)))


def serving_flags(account: accounts.Account, service: aggregation.Hosted, pki: Path) -> list[str]:
    """Return the flags that any server made of the API server's library takes."""
    return [
        f"--authentication-kubeconfig={account.kubeconfig}",
        f"--authorization-kubeconfig={account.kubeconfig}",
        f"--bind-address={layout.BRIDGE_ADDRESS}",
        f"--secure-port={service.port}",
        f"--tls-cert-file={pki / service.name}.crt",
        f"--tls-private-key-file={pki / service.name}.key",
    ]


def answers(service: aggregation.Hosted, pki: Path) -> probing.Probe:
    """Hold when such a server is up; who it is, its certificate says."""
    url = f"https://{layout.BRIDGE_ADDRESS}:{service.port}/livez"
    return probing.http_ok(url, certificates.authority_context(pki))
