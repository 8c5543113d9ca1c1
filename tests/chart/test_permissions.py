"""The operator may do what its code does, and nothing else."""

import itertools

import pytest

from chart import conftest
from model_operator import kinds

READ = {"get", "list", "watch"}
#: Written by the kubelet or by people: only looked at.
LOOKED_AT = {kinds.POD, kinds.MODEL_DEPLOYMENT}
#: Made, and left to its owners.
NEVER_DELETED = {kinds.PERSISTENT_VOLUME_CLAIM}


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
    written = set() if kind in LOOKED_AT else {"create", "patch"}
    deleted = set() if kind in LOOKED_AT | NEVER_DELETED else {"delete"}
    assert granted[kind.group, kind.plural] == READ | written | deleted


def test_of_what_people_write_only_the_status_is_written(granted):
    assert granted["modelsmith.dev", "modeldeployments/status"] == {"patch"}
    assert granted["modelsmith.dev", "modelbuilds/status"] == {"patch"}


def test_nothing_else(granted):
    known = {(kind.group, kind.plural) for kind in kinds.EVERY}
    others = {("", "events"), ("modelsmith.dev", "modeldeployments/status"), ("modelsmith.dev", "modelbuilds/status")}
    assert granted.keys() == known | others
    assert granted["", "events"] == {"list", "create", "patch"}


def test_with_a_list_of_namespaces_nothing_outside_them(helm):
    objects = helm.template("--set", "namespaces={one,two}", rbac__aggregate="false", crds__install="false")
    assert not [item for item in objects if item["kind"].startswith("Cluster")]
    roles = [item for item in objects if item["kind"] == "Role"]
    bindings = [item for item in objects if item["kind"] == "RoleBinding"]
    assert {item["metadata"]["namespace"] for item in roles} == {"one", "two"}
    assert {item["metadata"]["namespace"] for item in bindings} == {"one", "two"}
    assert all(item["subjects"][0]["namespace"] == "modelsmith-system" for item in bindings)


def test_a_role_in_a_namespace_grants_the_same(helm, granted):
    objects = helm.template("--set", "namespaces={one}")
    [role] = [item for item in objects if item["kind"] == "Role"]
    assert verbs(role) == granted


def test_releases_of_two_namespaces_share_no_cluster_role(helm):
    def names(namespace):
        text = helm("template", "modelsmith", conftest.CHART, "--namespace", namespace, *conftest.chosen({})).stdout
        return {item["metadata"]["name"] for item in conftest.objects(text) if item["kind"].startswith("ClusterRole")}

    assert not names("one") & names("two")


def test_people_may_not_write_builds(rendered):
    roles = [item for item in rendered if item["metadata"]["name"].endswith("-edit")]
    assert all("modelbuilds" not in rule["resources"] for role in roles for rule in role["rules"])
