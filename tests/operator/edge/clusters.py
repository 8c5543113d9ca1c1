"""A real API server as a test sees it: plain calls, waiting by condition, and who wrote what."""

import collections
import contextlib
import dataclasses
import http
import http.client
import itertools
import json
import re
import ssl
import time
import urllib.parse
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from cluster import definitions
from model_operator import connecting, kinds

Manifest = kinds.Manifest
Found = TypeVar("Found")

ROOT = Path(__file__).resolve().parents[3]
#: Longer than anything that is waited for takes on a laden machine.
PATIENCE = 60.0

CUSTOM_RESOURCE_DEFINITION = kinds.Kind("apiextensions.k8s.io", "v1", "", "customresourcedefinitions")
NAMESPACE = kinds.Kind("", "v1", "Namespace", "namespaces")
SERVICE_ACCOUNT = kinds.Kind("", "v1", "ServiceAccount", "serviceaccounts")
CLUSTER_ROLE = kinds.Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles")
CLUSTER_ROLE_BINDING = kinds.Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings")
EVENT = kinds.Kind("", "v1", "Event", "events")


def rules() -> list[Manifest]:
    """All that the chart lets the operator do: the tests run with this and no more."""
    text = (ROOT / "charts/modelsmith/templates/_rules.tpl").read_text()
    return yaml.safe_load(re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL))


class Refused(Exception):  # noqa: N818 - the API server's answer
    """The API server said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


def until(look: Callable[[], Found], what: str, patience: float = PATIENCE) -> Found:
    """The first true value; fails naming what did not come true."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(0.1)
    return found


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The API server, as one identity."""

    server: str
    context: ssl.SSLContext
    certificate_authority: str
    audit_log: Path
    counter: itertools.count = dataclasses.field(default_factory=itertools.count)

    @classmethod
    def of_kubeconfig(cls, kubeconfig: Path) -> "Cluster":
        """As the kubeconfig's only user, who has a certificate."""
        content = json.loads(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        pem = kubeconfig.with_name("test-identity.pem")
        pem.write_bytes(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(pem)
        return cls(cluster["server"], context, authority, kubeconfig.parent / "audit" / "audit.log")

    def install(self) -> None:
        """Have our CustomResourceDefinitions served."""
        for path in sorted((ROOT / "crds").glob("*.yaml")):
            definition = yaml.safe_load(path.read_text())
            self.call("POST", connecting.path(CUSTOM_RESOURCE_DEFINITION), definition)
        for kind in kinds.OWN:
            until(lambda kind=kind: self._served(kind), f"{kind.plural} is served")

    def define(self, files: Iterable[Path]) -> None:
        """Have the CustomResourceDefinitions of others in the cluster; they are served a moment later."""
        for path in files:
            self.call("POST", connecting.path(CUSTOM_RESOURCE_DEFINITION), yaml.safe_load(path.read_text()))

    def install_gateway_api(self) -> None:
        """Have the routes of the Gateway API served, as an administrator does who installs a controller for them."""
        self.define(definitions.gateway_api())
        self._until_served(kinds.ROUTES)

    def remove_gateway_api(self) -> None:
        """Have them served no more; every route goes with its definition."""
        self._remove(kinds.ROUTES)

    def install_keda(self) -> None:
        """Have KEDA's ScaledObject served, as its chart does. Nobody acts on it."""
        self.define(path for path in definitions.keda() if kinds.SCALED_OBJECT.plural in path.name)
        self._until_served([kinds.SCALED_OBJECT])

    def remove_keda(self) -> None:
        """Have the ScaledObject served no more."""
        self._remove([kinds.SCALED_OBJECT])

    def _until_served(self, wanted: Iterable[kinds.Kind]) -> None:
        for kind in wanted:
            until(lambda kind=kind: self._served(kind), f"{kind.plural} is served")

    def _remove(self, unwanted: Sequence[kinds.Kind]) -> None:
        for kind in unwanted:
            self.call("DELETE", connecting.path(CUSTOM_RESOURCE_DEFINITION, None, f"{kind.plural}.{kind.group}"))
        for kind in unwanted:
            until(lambda kind=kind: not self._served(kind), f"{kind.plural} is not served")

    def _served(self, kind: kinds.Kind) -> bool:
        try:
            self.call("GET", connecting.path(kind))
        except Refused:
            return False
        return True

    def namespace(self) -> "Namespace":
        """A new one."""
        name = f"test-{next(self.counter)}"
        self.call("POST", connecting.path(NAMESPACE), {"metadata": {"name": name}})
        return Namespace(self, name)

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Manifest:
        """One request; made again while the API server says that it has too much to do, or has only just begun."""
        content, deadline = None if body is None else json.dumps(body), time.monotonic() + PATIENCE
        while True:
            status, text = self._ask(method, path, content, content_type)
            if status != http.HTTPStatus.TOO_MANY_REQUESTS or time.monotonic() > deadline:
                break
            time.sleep(1)
        if status >= 400:
            raise Refused(status, json.loads(text)["message"] if text.startswith("{") else text)
        return json.loads(text)

    def lists(self, paths: Iterable[str]) -> Iterator[list[Manifest]]:
        """The items of many LISTs, over one connection: whoever looks at all again and again asks so."""
        with contextlib.closing(self._connection()) as connection:
            for path in paths:
                status, text = _exchange(connection, "GET", path)
                if status != http.HTTPStatus.OK:
                    raise Refused(status, text)
                yield json.loads(text)["items"]

    def _ask(self, method: str, path: str, content: str | None, content_type: str) -> tuple[int, str]:
        with contextlib.closing(self._connection()) as connection:
            return _exchange(connection, method, path, content, content_type)

    def _connection(self) -> http.client.HTTPSConnection:
        address = urllib.parse.urlsplit(self.server)
        return http.client.HTTPSConnection(address.hostname or "", address.port, timeout=30, context=self.context)

    def writes(self, user: str, since: int) -> list[str]:
        """`verb resource namespace/name` of each write by a user since a place in the audit log."""
        return [_line(entry) for entry in self._written(since) if entry["user"]["username"] == user]

    def history(self, namespace: str) -> list[str]:
        """The last writes of anybody there, with their times and who it was: for a person who looks for the cause."""
        found = (entry for entry in self._written(0) if entry.get("objectRef", {}).get("namespace") == namespace)
        told = (f"{one['stageTimestamp']} {_line(one)}, {one['user']['username'].split(':')[-1]}" for one in found)
        return list(collections.deque(told, maxlen=80))

    def _written(self, since: int) -> list[Any]:
        with self.audit_log.open("rb") as log:
            log.seek(since)
            entries = [json.loads(line) for line in log if line.endswith(b"\n")]
        return [entry for entry in entries if entry["verb"] in _WRITES]

    def now(self) -> int:
        """The present place in the audit log: behind its last whole line, for the API server may be writing one."""
        with self.audit_log.open("rb") as log:
            log.seek(max(0, self.audit_log.stat().st_size - _LONGEST_LINE))
            tail, end = log.read(), log.tell()
        return end - len(tail) + tail.rfind(b"\n") + 1


#: Bytes of an entry of the audit log, and more.
_LONGEST_LINE = 1 << 20


def _exchange(
    connection: http.client.HTTPSConnection, method: str, path: str, content: str | None = None, content_type: str = ""
) -> tuple[int, str]:
    """One request, and its answer."""
    connection.request(method, path, content, {"Content-Type": content_type, "User-Agent": "test"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


def _line(entry: Manifest) -> str:
    about = entry.get("objectRef", {})
    resource = "/".join(filter(None, (about.get("resource"), about.get("subresource"))))
    return f"{entry['verb']} {resource} {about.get('namespace', '')}/{about.get('name', '')}"


@dataclasses.dataclass(frozen=True)
class Namespace:
    """One namespace, and what tests do in it."""

    cluster: Cluster
    name: str

    def path(self, kind: kinds.Kind, name: str = "", subresource: str = "") -> str:
        """Of a collection or an object in it."""
        return connecting.path(kind, self.name, name, subresource)

    def create(self, kind: kinds.Kind, manifest: Manifest) -> Manifest:
        """Make an object; the API server refuses unknown fields."""
        content = {"apiVersion": kind.api_version, "kind": kind.kind, **manifest}
        return self.cluster.call("POST", f"{self.path(kind)}?fieldValidation=Strict", content)

    def find(self, kind: kinds.Kind, name: str) -> Manifest | None:
        """One object, or None."""
        try:
            return self.cluster.call("GET", self.path(kind, name))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def history(self) -> list[str]:
        """The last writes of anybody in it."""
        return self.cluster.history(self.name)

    def list(self, kind: kinds.Kind, selector: str = "") -> list[Manifest]:
        """All of a kind, or those with these labels."""
        tail = f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
        return self.cluster.call("GET", self.path(kind) + tail)["items"]

    def patch(self, kind: kinds.Kind, name: str, patch: Manifest, subresource: str = "") -> Manifest:
        """Merge a change in, as an edit does."""
        path = self.path(kind, name, subresource)
        return self.cluster.call("PATCH", path, patch, "application/merge-patch+json")

    def apply(self, kind: kinds.Kind, name: str, manifest: Manifest, manager: str) -> Manifest:
        """Server-side apply as another manager, by force."""
        content = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, **manifest}
        path = f"{self.path(kind, name)}?fieldManager={manager}&force=true"
        return self.cluster.call("PATCH", path, content, "application/apply-patch+yaml")

    def delete(self, kind: kinds.Kind, name: str) -> None:
        """Delete in the background."""
        self.cluster.call("DELETE", f"{self.path(kind, name)}?propagationPolicy=Background")

    def only(self, kind: kinds.Kind, selector: str = "") -> Manifest | None:
        """The one object of a kind; None while there is none."""
        found = self.list(kind, selector)
        assert len(found) < 2, [one["metadata"]["name"] for one in found]
        return found[0] if found else None
