"""Service accounts of what runs beside the cluster's own parts: their roles, and a kubeconfig with a token.

The cluster's parts have certificates, all issued at once by its authority (certificates.py): one more of them would
be a new authority, and every part would have to start anew. What is added later has an account, as it has in a pod.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cluster import api, kubeconfigs, layout

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_GROUP = "rbac.authorization.k8s.io"
_SECONDS = 10 * 365 * 24 * 3600
"""A token lives as long as the cluster's certificates. `down --purge` ends both."""


@dataclasses.dataclass(frozen=True)
class Account:
    """One program's service account."""

    namespace: str
    name: str
    rules: tuple[api.Json, ...]
    """What it may do everywhere."""
    serves: bool = False
    """Whether it serves an API of the cluster: it asks the API server who is calling, and whether he may."""

    @property
    def kubeconfig(self) -> Path:
        """Where its kubeconfig lies."""
        return layout.site().kubeconfig_of(self.name)


def rule(resources: str, *verbs: str, group: str = "") -> api.Json:
    """Return one rule of a role: resources by their names with spaces between, of one group."""
    return {"apiGroups": [group], "resources": resources.split(), "verbs": list(verbs)}


def apply(client: api.Client, account: Account) -> None:
    """Have the account and its roles in the cluster, and its kubeconfig on the disk."""
    for collection, body in objects(account):
        client.apply(f"{collection}/{body['metadata']['name']}", body)
    site = layout.site()
    kubeconfigs.write_token(account.kubeconfig, site.server, site.pki, account.name, _token(client, account))


def objects(account: Account) -> list[tuple[str, api.Json]]:
    """Return what is written, each with its collection."""
    found = [
        ("/api/v1/namespaces", _named("v1", "Namespace", account.namespace)),
        (_accounts(account), _named("v1", "ServiceAccount", account.name)),
        (f"{_RBAC}/clusterroles", _role(account)),
        (f"{_RBAC}/clusterrolebindings", _binding(account, _title(account), "ClusterRole", _title(account))),
    ]
    if account.serves:
        found += _serving(account)
    return found


def _serving(account: Account) -> list[tuple[str, api.Json]]:
    # What any server of an aggregated API is given: it trusts the API server's word on callers, and asks it for leave.
    delegator, reader = "system:auth-delegator", "extension-apiserver-authentication-reader"
    roles = f"{_RBAC}/namespaces/kube-system/rolebindings"
    return [
        (f"{_RBAC}/clusterrolebindings", _binding(account, f"{_title(account)}:delegator", "ClusterRole", delegator)),
        (roles, {**_binding(account, f"{_title(account)}:reader", "Role", reader), "kind": "RoleBinding"}),
    ]


def _token(client: api.Client, account: Account) -> str:
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _SECONDS}}
    token: str = client.create(f"{_accounts(account)}/{account.name}/token", asked)["status"]["token"]
    return token


def _accounts(account: Account) -> str:
    return f"/api/v1/namespaces/{account.namespace}/serviceaccounts"


def _title(account: Account) -> str:
    return f"modelsmith:{account.name}"


def _named(version: str, kind: str, name: str) -> api.Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _role(account: Account) -> api.Json:
    return {**_named(f"{_GROUP}/v1", "ClusterRole", _title(account)), "rules": list(account.rules)}


def _binding(account: Account, name: str, kind: str, role: str) -> api.Json:
    return {
        **_named(f"{_GROUP}/v1", "ClusterRoleBinding", name),
        "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}],
    }
