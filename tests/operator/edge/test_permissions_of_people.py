"""The cluster's own roles view, edit and admin, once the chart's are aggregated into them."""

import itertools

import pytest
from edge import clusters, permissions

from model_operator import connecting, kinds

READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete", "deletecollection")
SCALE = ("update", "patch")
REVIEW = kinds.Kind("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews")
ROLE_BINDING = kinds.Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
EVERYTHING = (
    "modeldeployments",
    "modeldeployments/status",
    "modeldeployments/scale",
    "modelbuilds",
    "modelbuilds/status",
)
#: role -> resource -> verbs beyond reading. Nobody but the operator writes ModelBuilds, or any status.
WRITTEN = {
    "view": {},
    "edit": {"modeldeployments": WRITE, "modeldeployments/scale": SCALE},
    "admin": {"modeldeployments": WRITE, "modeldeployments/scale": SCALE},
}


@pytest.fixture(scope="module")
def people(cluster) -> clusters.Namespace:
    """A namespace in which a user called like a role has it."""
    permissions.Release("people").apply_for_people(cluster)
    made = cluster.namespace()
    for role in WRITTEN:
        reference = {"apiGroup": ROLE_BINDING.group, "kind": "ClusterRole", "name": role}
        subject = {"apiGroup": ROLE_BINDING.group, "kind": "User", "name": role}
        made.create(ROLE_BINDING, {"metadata": {"name": role}, "roleRef": reference, "subjects": [subject]})
    for role in WRITTEN:
        clusters.until(lambda role=role: may(made, role, "get", "modelbuilds/status"), f"{role} has ours in it")
    clusters.until(lambda: may(made, "edit", "patch", "modeldeployments/scale"), "edit has both of ours in it")
    clusters.until(lambda: may(made, "admin", "patch", "modeldeployments/scale"), "admin has both of ours in it")
    return made


def may(namespace: clusters.Namespace, user: str, verb: str, resource: str, where: str = "") -> bool:
    """As `kubectl auth can-i` asks."""
    plural, _, subresource = resource.partition("/")
    about = {"group": "modelsmith.dev", "resource": plural, "subresource": subresource, "verb": verb}
    spec = {"user": user, "resourceAttributes": {**about, "namespace": where or namespace.name}}
    return namespace.cluster.call("POST", connecting.path(REVIEW), {"spec": spec})["status"]["allowed"]


@pytest.mark.parametrize(("role", "resource"), list(itertools.product(WRITTEN, EVERYTHING)))
def test_what_a_role_allows(people, role, resource):
    allowed = {verb for verb in (*READ, *WRITE) if may(people, role, verb, resource)}
    assert allowed == {*READ, *WRITTEN[role].get(resource, ())}


@pytest.mark.parametrize("role", WRITTEN)
def test_nothing_is_allowed_elsewhere(people, role):
    assert not may(people, role, "get", "modeldeployments", where="default")
