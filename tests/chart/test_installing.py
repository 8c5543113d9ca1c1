"""Install, upgrade and uninstall on a real API server; without controllers, so nothing runs."""

import json

import pytest

from chart import conftest
from cluster import controlplane

NAMESPACE = "modelsmith-system"


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with controlplane.ControlPlane(tmp_path_factory.mktemp("plane")) as plane:
        plane.kubectl("create", "namespace", NAMESPACE)
        plane.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/warn=restricted")
        yield plane


@pytest.fixture(scope="module")
def release(helm, plane):
    """Run a verb of helm on the release."""

    def run(verb, *words):
        words = (verb, "modelsmith", *words, "--namespace", NAMESPACE, "--kubeconfig", plane.kubeconfig)
        return helm(*words)

    return run


@pytest.fixture(scope="module")
def installed(release):
    return release("install", conftest.CHART, *conftest.chosen({}))


def test_pod_security_restricted_has_nothing_to_say(installed):
    assert "would violate PodSecurity" not in installed.stderr
    assert "would violate PodSecurity" not in installed.stdout


def test_the_roles_of_the_cluster_cover_model_deployments(plane, installed):
    found = json.loads(plane.kubectl("get", "clusterroles", "-o", "json"))["items"]
    labels = [item["metadata"]["labels"] for item in found if "modelsmith" in item["metadata"]["name"]]
    assert sum("rbac.authorization.k8s.io/aggregate-to-edit" in each for each in labels) == 2


def test_the_service_account_may_read_no_secrets(plane, installed):
    user = f"--as=system:serviceaccount:{NAMESPACE}:modelsmith-operator"
    status = ("patch", "modeldeployments.modelsmith.dev", "--subresource=status")
    assert plane.kubectl("auth", "can-i", *status, user, "-A").strip() == "yes"
    listed = plane.kubectl("auth", "can-i", "--list", user)
    assert "secrets" not in listed
    assert "*.*" not in listed


def test_an_upgrade_brings_the_definitions_up_to_date(plane, release, installed):
    path = "/metadata/labels/app.kubernetes.io~1part-of"
    plane.kubectl(
        "patch",
        "crd",
        "modelbuilds.modelsmith.dev",
        "--type=json",
        "-p",
        json.dumps([{"op": "replace", "path": path, "value": "stale"}]),
    )
    release("upgrade", conftest.CHART, "--server-side=true", "--force-conflicts", *conftest.chosen({}))
    definition = json.loads(plane.kubectl("get", "crd", "modelbuilds.modelsmith.dev", "-o", "json"))
    assert definition["metadata"]["labels"]["app.kubernetes.io/part-of"] == "modelsmith"


def test_uninstalling_keeps_the_definitions_and_installing_again_takes_them_over(plane, release, installed):
    release("uninstall")
    assert "modeldeployments.modelsmith.dev" in plane.kubectl("get", "crd")
    release("install", conftest.CHART, *conftest.chosen({}))
