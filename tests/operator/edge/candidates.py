"""Replicas of the operator: processes that share a Lease, each with an account of its own, so that the audit log tells
them apart. They have the rights of the chart in one namespace, and none outside of it.
"""

import datetime as dt
import json
import re
import signal
from pathlib import Path

import yaml
from edge import clusters, processes

from model_operator import connecting, kinds

LEASE = "modelsmith-operator"
ROLE = kinds.Kind("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDING = kinds.Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")


def lease_rules() -> list[clusters.Manifest]:
    """What the chart lets replicas do with their Lease."""
    text = (clusters.ROOT / "charts/modelsmith/templates/_lease.tpl").read_text()
    named = text.replace('{{ include "modelsmith.name" . }}', "modelsmith")
    return yaml.safe_load(re.sub(r"\{\{.*?\}\}", "", named, flags=re.DOTALL))


class Candidate(processes.Operator):
    """One replica; it watches one namespace, and keeps its Lease there."""

    def __init__(self, namespace: clusters.Namespace, account: str, directory: Path) -> None:
        self.namespace = namespace
        self.account = account
        directory.mkdir()
        super().__init__(namespace.cluster, directory)

    @property
    def user(self) -> str:
        """How the audit log calls it."""
        return f"system:serviceaccount:{self.namespace.name}:{self.account}"

    def join(self, kubeconfig: Path | None = None) -> None:
        """Start; returns when its caches are filled, leading or not."""
        self._port = processes._free_port()  # of many that start together, none must answer for another
        self.start(**self.environment(kubeconfig))

    def environment(self, kubeconfig: Path | None = None) -> dict[str, str]:
        """How it is configured."""
        return {
            "MODELSMITH_ELECTION": "on",
            "MODELSMITH_NAMESPACE": self.namespace.name,
            "MODELSMITH_NAMESPACES": self.namespace.name,
            "KUBECONFIG": str(kubeconfig or self.kubeconfig),
        }

    @property
    def leads(self) -> bool:
        """What it says itself."""
        return self.metric("modelsmith_operator_leading") == 1

    def send(self, number: signal.Signals) -> None:
        """Signal it."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, patience: float = clusters.PATIENCE) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._process is not None
        return self._process.wait(patience)

    def written(self) -> list[tuple[dt.datetime, str]]:
        """When it wrote what, but for the Lease: what the API server was asked for, and not what it granted."""
        with self.cluster.audit_log.open() as log:
            entries = [json.loads(line) for line in log if line.endswith("\n") and f'"{self.user}"' in line]
        found = [(_time(entry["requestReceivedTimestamp"]), clusters._line(entry)) for entry in entries]
        return [(when, line) for when, line in found if " leases " not in line]

    def wrote_after(self, when: dt.datetime) -> list[str]:
        """What it wrote after a time of this machine's clock."""
        return [line for written, line in self.written() if written > when]

    def first_write_after(self, when: dt.datetime, patience: float) -> float:
        """Seconds until it first wrote."""
        look = lambda: [written for written, _ in self.written() if written > when]  # noqa: E731 - said once
        return (clusters.until(look, f"{self.account} writes", patience)[0] - when).total_seconds()

    def _make_account(self) -> None:
        """A service account with the rights of the chart's Roles, and a kubeconfig with a token of it."""
        call, where = self.cluster.call, self.namespace.name
        name = {"metadata": {"name": self.account}}
        call("POST", connecting.path(clusters.SERVICE_ACCOUNT, where), name)
        call("POST", connecting.path(ROLE, where), {**name, "rules": clusters.rules() + lease_rules()})
        subject = {"kind": "ServiceAccount", "name": self.account, "namespace": where}
        role = {"apiGroup": ROLE.group, "kind": "Role", "name": self.account}
        call("POST", connecting.path(ROLE_BINDING, where), {**name, "roleRef": role, "subjects": [subject]})
        path = connecting.path(clusters.SERVICE_ACCOUNT, where, self.account, "token")
        token = call("POST", path, {"spec": {"expirationSeconds": 7200}})["status"]["token"]
        self.kubeconfig.write_text(json.dumps(self._kubeconfig(token)))


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
