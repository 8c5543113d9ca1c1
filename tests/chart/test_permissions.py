"""The roles as they are rendered. That each verb is used, a story on a real API server shows (edge/usage.py)."""

import itertools

import pytest

from chart import conftest
from model_operator import kinds

WATCHED = {"list", "watch"}
#: What is written. The kubelet's pods are only looked at; of what people write, the finalizer is ours.
WRITTEN = {kinds.POD: set(), kinds.MODEL_DEPLOYMENT: {"get", "patch"}}
#: Superseded ones are deleted; the others go with their owners.
DELETED = {
    kinds.MODEL_BUILD,
    kinds.JOB,
    kinds.DEPLOYMENT,
    kinds.CONTROLLER_REVISION,
    kinds.POD_DISRUPTION_BUDGET,
    kinds.HORIZONTAL_POD_AUTOSCALER,
    kinds.SERVICE,
    kinds.INGRESS,
    kinds.NETWORK_POLICY,
}
#: What lies in no namespace: read where all are watched.
OF_THE_CLUSTER = {("", "nodes"): {"list"}}


@pytest.fixture(scope="module")
def granted(rendered):
    roles = [item for item in rendered if item["kind"] == "ClusterRole"]
    [role] = [item for item in roles if item["metadata"]["name"].endswith("-operator")]
    return verbs(role)


def verbs(role):
    """(group, resource) -> verbs."""
    result = {}
    for rule in role["rules"]:
        for key in itertools.product(rule["apiGroups"], rule["resources"]):
            assert key not in result, f"{key} is granted twice"
            result[key] = set(rule["verbs"])
    return result


@pytest.mark.parametrize("kind", kinds.EVERY, ids=lambda kind: kind.plural)
def test_each_kind_that_the_operator_knows(granted, kind):
    written = WRITTEN.get(kind, {"get", "create", "patch"})
    deleted = {"delete"} if kind in DELETED else set()
    assert granted[kind.group, kind.plural] == WATCHED | written | deleted


@pytest.mark.parametrize("kind", kinds.OPTIONAL, ids=lambda kind: kind.plural)
def test_what_the_cluster_need_not_have_is_not_watched(granted, kind):
    assert granted[kind.group, kind.plural] == {"get", "create", "patch", "delete"}


@pytest.mark.parametrize(("chosen", "expected"), [("true", {"get"}), ("false", None)])
def test_secrets_are_looked_at_only_where_a_label_offers_them(helm, chosen, expected):
    roles = [item for item in helm.template(policy__secretLabel=chosen) if item["kind"] == "ClusterRole"]
    [role] = [item for item in roles if item["metadata"]["name"].endswith("-operator")]
    assert verbs(role).get(("", "secrets")) == expected


def test_a_status_is_patched_and_never_replaced(granted):
    assert granted["modelsmith.dev", "modeldeployments/status"] == {"patch"}
    assert granted["modelsmith.dev", "modelbuilds/status"] == {"patch"}


def test_nothing_else(granted):
    known = {(kind.group, kind.plural) for kind in (*kinds.EVERY, *kinds.OPTIONAL)}
    others = {("", "events"), ("modelsmith.dev", "modeldeployments/status"), ("modelsmith.dev", "modelbuilds/status")}
    assert granted.keys() == known | others | OF_THE_CLUSTER.keys()
    assert granted["", "events"] == {"list", "create", "patch"}
    assert granted["", "nodes"] == OF_THE_CLUSTER["", "nodes"]


def test_with_a_list_of_namespaces_nothing_outside_them(helm):
    objects = helm.template("--set", "namespaces={one,two}", rbac__aggregate="false", crds__install="false")
    assert not [item for item in objects if item["kind"].startswith("Cluster")]
    roles = [item for item in objects if item["kind"] == "Role" and not of_the_lease(item)]
    bindings = [item for item in objects if item["kind"] == "RoleBinding" and not of_the_lease(item)]
    assert {item["metadata"]["namespace"] for item in roles} == {"one", "two"}
    assert {item["metadata"]["namespace"] for item in bindings} == {"one", "two"}
    assert all(item["subjects"][0]["namespace"] == "modelsmith-system" for item in bindings)


def test_a_role_in_a_namespace_grants_the_same_but_for_what_is_in_no_namespace(helm, granted):
    objects = helm.template("--set", "namespaces={one}")
    [role] = [item for item in objects if item["kind"] == "Role" and not of_the_lease(item)]
    assert verbs(role) == {about: rights for about, rights in granted.items() if about not in OF_THE_CLUSTER}


def of_the_lease(item):
    return item["metadata"]["name"].endswith("-lease")


@pytest.mark.parametrize("words", [(), ("--set", "namespaces={one}")], ids=["watching all", "watching one"])
def test_the_lease_is_kept_in_the_releases_own_namespace_and_no_other_lease_is_touched(helm, words):
    objects = [item for item in helm.template(*words) if of_the_lease(item)]
    assert {item["metadata"]["namespace"] for item in objects} == {"modelsmith-system"}
    [role] = [item for item in objects if item["kind"] == "Role"]
    create, rest = role["rules"]
    assert create["verbs"] == ["create"]
    assert (set(rest["verbs"]), rest["resourceNames"]) == ({"get", "update"}, [lease(helm)])
    assert {each for rule in role["rules"] for each in rule["resources"]} == {"leases"}


def lease(helm):
    """As the operator is told to name it."""
    [deployment] = [item for item in helm.template() if item["kind"] == "Deployment"]
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    return next(item["value"] for item in variables if item["name"] == "MODELSMITH_LEASE")


def test_releases_of_two_namespaces_share_no_cluster_role(helm):
    def names(namespace):
        text = helm("template", "modelsmith", conftest.CHART, "--namespace", namespace, *conftest.chosen({})).stdout
        return {item["metadata"]["name"] for item in conftest.objects(text) if item["kind"].startswith("ClusterRole")}

    assert not names("one") & names("two")


def test_people_may_not_write_builds(rendered):
    roles = [item for item in rendered if item["metadata"]["name"].endswith("-edit")]
    assert all("modelbuilds" not in rule["resources"] for role in roles for rule in role["rules"])
