"""What the chart lets the operator do, and what a process with just these rights did of it, by the audit log."""

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge import clusters, processes

from chart import conftest as charts
from model_operator import connecting, kinds

Manifest = kinds.Manifest
#: (group, resource, verb)
Use = tuple[str, str, str]
NAMESPACE = "modelsmith-audited"
#: Of these users the API server of the tests records what they read, too.
AUDITED = f"system:serviceaccounts:{NAMESPACE}"
_GROUP = "rbac.authorization.k8s.io"
_APPLIED = {
    kind.kind: kind
    for kind in (
        kinds.Kind("", "v1", "ServiceAccount", "serviceaccounts"),
        kinds.Kind(_GROUP, "v1", "Role", "roles"),
        kinds.Kind(_GROUP, "v1", "RoleBinding", "rolebindings"),
        kinds.Kind(_GROUP, "v1", "ClusterRole", "clusterroles"),
        kinds.Kind(_GROUP, "v1", "ClusterRoleBinding", "clusterrolebindings"),
    )
}


class Release:
    """The chart, rendered; what of it grants rights lies in the API server."""

    def __init__(self, name: str, *words: str) -> None:
        text = charts.Helm()(
            "template", name, charts.CHART, "--namespace", NAMESPACE, *charts.chosen({}), *words
        ).stdout
        self.objects = [one for one in charts.objects(text) if one["kind"] != "CustomResourceDefinition"]

    @property
    def account(self) -> str:
        """Name of the operator's service account."""
        [account] = self._of("ServiceAccount")
        return account["metadata"]["name"]

    @property
    def user(self) -> str:
        """How the audit log calls the operator."""
        return f"system:serviceaccount:{NAMESPACE}:{self.account}"

    @property
    def granted(self) -> set[Use]:
        """Every rule of every role that is bound to the operator."""
        bound = {
            (one["roleRef"]["kind"], one["roleRef"]["name"]) for one in self._of("RoleBinding", "ClusterRoleBinding")
        }
        roles = [one for one in self._of("Role", "ClusterRole") if (one["kind"], one["metadata"]["name"]) in bound]
        rules = [rule for role in roles for rule in role["rules"]]
        return set(itertools.chain.from_iterable(map(uses_of_rule, rules)))

    @property
    def environment(self) -> dict[str, str]:
        """What the chart tells the process, but for the port of its probes; and where it runs, as every pod knows."""
        [deployment] = self._of("Deployment")
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        told = {one["name"]: one.get("value") or self._field(one) for one in container["env"]}
        told |= {"MODELSMITH_NAMESPACE": NAMESPACE, "MODELSMITH_ELECTION": told.get("MODELSMITH_ELECTION", "on")}
        return {name: value for name, value in told.items() if name != "MODELSMITH_PROBE_PORT"}

    def apply(self, cluster: clusters.Cluster) -> None:
        """Make the account, the roles and the bindings."""
        for one in self._of(*_APPLIED):
            path = connecting.path(_APPLIED[one["kind"]], one["metadata"].get("namespace"))
            cluster.call("POST", path, one)

    def apply_for_people(self, cluster: clusters.Cluster) -> None:
        """Make the roles that the cluster's own take up."""
        for one in self._of("ClusterRole"):
            if any("aggregate-to" in label for label in one["metadata"]["labels"]):
                cluster.call("POST", connecting.path(_APPLIED[one["kind"]]), one)

    def _of(self, *kinds_: str) -> list[Manifest]:
        return [one for one in self.objects if one["kind"] in kinds_]

    def _field(self, variable: Manifest) -> str:
        """What the downward API would say."""
        path = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath", "")
        return {"metadata.namespace": NAMESPACE, "metadata.name": f"{self.account}-0"}.get(path, "")


class Operator(processes.Operator):
    """`python -m model_operator` with the account and the environment of a release."""

    def __init__(self, cluster: clusters.Cluster, directory: Path, release: Release) -> None:
        self.release = release
        super().__init__(cluster, directory)

    def start(self, **environment: str) -> None:
        """Return when it is ready."""
        super().start(**{**self.release.environment, **environment})

    def _make_account(self) -> None:
        path = connecting.path(clusters.SERVICE_ACCOUNT, NAMESPACE, self.release.account, "token")
        token = self.cluster.call("POST", path, {"spec": {"expirationSeconds": 7200}})["status"]["token"]
        self.kubeconfig.write_text(json.dumps(self._kubeconfig(token)))


@dataclasses.dataclass(frozen=True)
class Requests:
    """What one user asked of the API server in some while."""

    uses: frozenset[Use]
    forbidden: tuple[str, ...]
    namespaces: frozenset[str]


def uses_of_rule(rule: Manifest) -> set[Use]:
    """What a rule of a role grants."""
    return set(itertools.product(rule["apiGroups"], rule["resources"], rule["verbs"]))


def requests(cluster: clusters.Cluster, user: str, since: int) -> Requests:
    """From the audit log, since a place in it."""
    with cluster.audit_log.open("rb") as log:
        log.seek(since)
        entries = [json.loads(line) for line in log if line.endswith(b"\n")]
    mine = [one for one in entries if one["user"]["username"] == user and "resource" in one.get("objectRef", {})]
    return Requests(
        uses=frozenset(itertools.chain.from_iterable(map(_uses, mine))),
        forbidden=tuple(sorted(_forbidden(mine))),
        namespaces=frozenset(one["objectRef"].get("namespace", "") for one in mine),
    )


def _uses(entry: Manifest) -> Iterator[Use]:
    """The verb; and create, where a server-side apply made the object: the API server asks for both rights then."""
    about = entry["objectRef"]
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    yield about.get("apiGroup", ""), resource, entry["verb"]
    if (entry["verb"], entry.get("responseStatus", {}).get("code")) == ("patch", 201):
        yield about.get("apiGroup", ""), resource, "create"


def _forbidden(entries: Iterable[Manifest]) -> set[str]:
    """What the roles did not allow. (A quota's refusal has the same code, and is none of theirs.)"""
    refused = (one for one in entries if one["annotations"].get("authorization.k8s.io/decision") != "allow")
    return {f"{one['verb']} {one['requestURI']}" for one in refused}
