"""What can be taken from the operator: replicas, rights, the life of its token. Each is given back."""

import contextlib
import copy
import json
from collections.abc import Iterator

from e2e import installing, kube

DEPLOYMENT = "deployment/modelsmith-operator"
ROLE = "modelsmith-system-modelsmith-operator"
SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"
#: The shortest life that Kubernetes gives a token; the kubelet renews it when 80 % are over.
SHORTEST = 600
TOKEN = {
    "name": "token",
    "projected": {
        "sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": SHORTEST}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
        ]
    },
}


@contextlib.contextmanager
def of_replicas() -> Iterator[None]:
    """No operator runs."""
    installing.NAMESPACE.kubectl("scale", DEPLOYMENT, "--replicas=0")
    try:
        yield
    finally:
        installing.NAMESPACE.kubectl("scale", DEPLOYMENT, "--replicas=2")
        _rolled_out()


@contextlib.contextmanager
def of_the_right(verb: str, resource: str) -> Iterator[None]:
    """It may not do that to any object of a kind."""
    role = kube.read("clusterrole", ROLE)
    role["metadata"] = {"name": ROLE, "labels": role["metadata"]["labels"]}
    lesser = {**role, "rules": [one for rule in role["rules"] for one in _without(rule, verb, resource)]}
    kube.kubectl("replace", "-f", "-", stdin=json.dumps(lesser))
    try:
        yield
    finally:
        kube.kubectl("replace", "-f", "-", stdin=json.dumps(role))


@contextlib.contextmanager
def of_a_long_life() -> Iterator[None]:
    """Its token lives for ten minutes, and not for an hour: for two before it is renewed, less than five are left."""
    container = {"name": "operator", "volumeMounts": [{"name": "token", "mountPath": SECRETS, "readOnly": True}]}
    pod = {"automountServiceAccountToken": False, "containers": [container], "volumes": [TOKEN]}
    change = json.dumps({"spec": {"template": {"spec": pod}}})
    installing.NAMESPACE.kubectl("patch", DEPLOYMENT, "--type=strategic", "-p", change)
    _rolled_out()
    try:
        yield
    finally:
        installing.NAMESPACE.kubectl("rollout", "undo", DEPLOYMENT)
        _rolled_out()


def _without(rule: kube.Manifest, verb: str, resource: str) -> list[kube.Manifest]:
    """One rule, as two where one of its resources loses a verb."""
    if resource not in rule.get("resources", ()):
        return [rule]
    others, lesser = copy.deepcopy(rule), copy.deepcopy(rule)
    others["resources"].remove(resource)
    lesser["resources"], lesser["verbs"] = [resource], [each for each in rule["verbs"] if each != verb]
    return [one for one in (others, lesser) if one["resources"] and one["verbs"]]


def _rolled_out() -> None:
    installing.NAMESPACE.kubectl("rollout", "status", DEPLOYMENT, "--timeout=120s", patience=150)
