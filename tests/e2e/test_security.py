"""Every pod is made for Pod Security `restricted`, which the namespaces of the story enforce."""

import pytest

from e2e import installing, kube, waiting


@pytest.fixture(scope="module")
def pods(workshop):
    """room -> a pod as the API server took it: the operator's, a build's, a server's."""
    builds = waiting.until("a build", lambda: workshop.list("jobs"), 60, workshop)
    servers = workshop.list("deployments")
    return {
        "operator": installing.NAMESPACE.list("pods")[0]["spec"],
        "build": builds[0]["spec"]["template"]["spec"],
        "serving": servers[0]["spec"]["template"]["spec"],
    }


@pytest.mark.parametrize("room", ["operator", "build", "serving"])
def test_no_container_can_gain_privileges(pods, room):
    for container in containers(pods[room]):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("room", ["operator", "build", "serving"])
def test_no_container_runs_as_root(pods, room):
    pod = pods[room].get("securityContext", {})
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pods[room]):
        context = {**pod, **container["securityContext"]}
        assert context["runAsNonRoot"] is True
        assert min(context["runAsUser"], context["runAsGroup"]) > 0


@pytest.mark.parametrize("room", ["build", "serving"])
def test_models_get_no_token_of_the_api_server(pods, room):
    assert pods[room]["automountServiceAccountToken"] is False


def test_pod_security_refused_none(workshop):
    events = kube.read("events", "--all-namespaces")["items"]
    assert [event["message"] for event in events if event["reason"] == "FailedCreate"] == []


def containers(pod) -> list:
    """Init containers too."""
    return [*pod.get("initContainers", []), *pod["containers"]]
