"""What the chart makes for prometheus-operator, before a real API server without its definitions and then with them."""

import json

import pytest

from chart import conftest
from cluster import controlplane, definitions

NAMESPACE = "modelsmith-system"
KINDS = ("podMonitor", "prometheusRule", "dashboards", "adapterRules")
ALL = {f"monitoring__{kind}__enabled": "true" for kind in KINDS}


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with controlplane.ControlPlane(tmp_path_factory.mktemp("plane")) as plane:
        plane.kubectl("create", "namespace", NAMESPACE)
        yield plane


def install(helm, plane, *words):
    release = ("upgrade", "--install", "modelsmith", conftest.CHART, "--namespace", NAMESPACE)
    return helm(*release, "--kubeconfig", plane.kubeconfig, *conftest.chosen(ALL), *words, check=False)


def test_what_is_missing_is_told_and_then_taken(helm, plane):
    refused = install(helm, plane)
    assert refused.returncode
    assert "this cluster does not know monitoring.coreos.com/v1" in refused.stderr
    files = [word for path in definitions.prometheus_operator() for word in ("--filename", str(path))]
    plane.kubectl("apply", "--server-side", *files)
    plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    taken = install(helm, plane)
    assert not taken.returncode, taken.stderr
    # Helm passes the API server's warnings on: a misspelt field would be dropped with one.
    assert "unknown field" not in taken.stderr
    found = json.loads(plane.kubectl("get", "podmonitors,prometheusrules", "-n", NAMESPACE, "-o", "json"))["items"]
    assert {item["metadata"]["name"] for item in found} == {
        "modelsmith-servers",
        "modelsmith-operator",
        "modelsmith-recording-rules",
        "modelsmith-alerts",
    }
