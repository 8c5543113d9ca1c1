"""The add-on `keda`: KEDA's operator and its metrics adapter, with its real definitions.

Not its admission webhooks: they only refuse what two owners of one Deployment would quarrel about.
"""

from __future__ import annotations

from pathlib import Path

from cluster import accounts, addons, aggregation, certificates, definitions, layout, pins, probing, processes

NAME = "keda"
_ADAPTER = aggregation.Hosted("keda", "keda-metrics-apiserver", layout.KEDA_ADAPTER_PORT)
_OPERATOR = aggregation.Hosted("keda", "keda-operator", layout.KEDA_GRPC_PORT, service_port=9666)
_EVERYTHING = ("create", "get", "list", "watch", "update", "patch", "delete", "deletecollection")
ACCOUNT = accounts.Account(
    "keda",
    "keda-operator",
    (
        # What it scales may be of any kind: it reads the object, and writes its scale.
        accounts.rule("*", "get", group="*"),
        accounts.rule("*/scale", *_EVERYTHING, group="*"),
        accounts.rule("*", *_EVERYTHING, group="keda.sh"),
        accounts.rule("*", *_EVERYTHING, group="eventing.keda.sh"),
        accounts.rule("horizontalpodautoscalers", *_EVERYTHING, group="autoscaling"),
        accounts.rule("jobs", *_EVERYTHING, group="batch"),
        accounts.rule("leases", *_EVERYTHING, group="coordination.k8s.io"),
        accounts.rule("events", "create", "patch"),
        accounts.rule("events", "create", "patch", group="events.k8s.io"),
        accounts.rule("configmaps limitranges namespaces pods secrets serviceaccounts services", "list", "watch"),
        accounts.rule("deployments replicasets statefulsets", "list", "watch", group="apps"),
        accounts.rule("endpointslices", "list", "watch", group="discovery.k8s.io"),
    ),
    serves=True,
)
_ENVIRONMENT = {"POD_NAMESPACE": "keda", "KEDA_CLUSTER_OBJECT_NAMESPACE": "keda", "WATCH_NAMESPACE": ""}
_SERVER = "tls"
"""As KEDA calls the files of its certificate, which all its parts share."""


def operator() -> processes.Program:
    """Return what turns ScaledObjects into HorizontalPodAutoscalers, and wakes what was scaled to zero."""
    health = f"{layout.LOOPBACK}:{layout.KEDA_HEALTH_PORT}"
    argv = [
        _program("operator"),
        f"--kubeconfig={ACCOUNT.kubeconfig}",
        f"--cert-dir={_pki()}",
        "--enable-cert-rotation=false",
        f"--metrics-service-bind-address={layout.BRIDGE_ADDRESS}:{layout.KEDA_GRPC_PORT}",
        f"--metrics-bind-address={layout.LOOPBACK}:{layout.KEDA_METRICS_PORT}",
        f"--health-probe-bind-address={health}",
    ]
    return processes.Program("keda-operator", argv, probing.http_ok(f"http://{health}/readyz"), _ENVIRONMENT)


def adapter() -> processes.Program:
    """Return what serves the metrics of ScaledObjects to their HorizontalPodAutoscalers."""
    argv = [
        _program("adapter"),
        f"--kubeconfig={ACCOUNT.kubeconfig}",
        f"--lister-kubeconfig={ACCOUNT.kubeconfig}",
        f"--authentication-kubeconfig={ACCOUNT.kubeconfig}",
        f"--authorization-kubeconfig={ACCOUNT.kubeconfig}",
        f"--bind-address={layout.BRIDGE_ADDRESS}",
        f"--secure-port={layout.KEDA_ADAPTER_PORT}",
        f"--cert-dir={_pki()}",
        f"--tls-cert-file={_pki() / _SERVER}.crt",
        f"--tls-private-key-file={_pki() / _SERVER}.key",
        f"--port={layout.KEDA_ADAPTER_METRICS_PORT}",  # of its own metrics, on every address: it takes no other
        f"--metrics-service-address={layout.BRIDGE_ADDRESS}:{layout.KEDA_GRPC_PORT}",
    ]
    url = f"https://{layout.BRIDGE_ADDRESS}:{layout.KEDA_ADAPTER_PORT}/livez"
    ready = probing.http_ok(url, certificates.authority_context(_pki()))
    return processes.Program("keda-adapter", argv, ready, _ENVIRONMENT)


def _program(name: str) -> str:
    return str(pins.binaries(pins.KEDA) / name)


def _pki() -> Path:
    return addons.pki(NAME)


ADD_ON = addons.AddOn(
    name=NAME,
    modules=(pins.KEDA,),
    accounts=(ACCOUNT,),
    certificates={_SERVER: sorted({*_ADAPTER.hosts, *_OPERATOR.hosts})},
    services=(_ADAPTER, _OPERATOR),
    groups=(aggregation.Group("external.metrics.k8s.io", "v1beta1", _ADAPTER),),
    programs={"keda-operator": operator, "keda-adapter": adapter},
    definitions=definitions.keda,
)
