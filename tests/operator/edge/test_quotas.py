"""ResourceQuotas that count what is not said by default, on a real API server: a spec says it, and pods are made."""

import pytest
from edge import clusters, kubelet, resources, test_refusing

from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")
HARD = {"limits.cpu": "64", "limits.ephemeral-storage": "200Gi", "requests.ephemeral-storage": "200Gi"}
SAID = {"resources": {"limits": {"cpu": "2", "ephemeral-storage": "8Gi"}}}


@pytest.fixture
def counted(namespace):
    """A namespace that counts CPU limits and disk."""
    namespace.create(test_refusing.QUOTA, {"metadata": {"name": "all"}, "spec": {"hard": HARD}})
    clusters.until(lambda: (namespace.find(test_refusing.QUOTA, "all").get("status") or {}).get("hard"), "it counts")
    resources.provide_source(namespace)
    return namespace


def test_a_spec_that_says_nothing_is_told_what_to_say(counted):
    resources.deploy(counted, "digits")
    found = resources.until_reason(counted, "digits", "PodsRefused")
    message = resources.condition(found, "Ready")["message"]
    assert "must specify" in message
    assert "spec.build.resources" in message


def test_a_spec_that_limits_them_is_built_and_served(counted):
    resources.deploy(counted, "digits", {**resources.spec(**SAID), "build": SAID})
    resources.build(counted)
    resources.make_ready(counted, "digits")


def test_artifacts_are_collected_there_too(counted):
    for name, replicas in (("digits", 1), ("brief", 0)):
        resources.deploy(counted, name, {**resources.spec(replicas=replicas, **SAID), "build": SAID})
        if replicas:
            resources.build(counted)
            resources.make_ready(counted, name)
    clusters.until(lambda: len(_users(counted)) > 1, "both use the claim")
    counted.delete(kinds.MODEL_DEPLOYMENT, "brief")
    kubelet.collect(counted, "digits")


def _users(namespace):
    claim = namespace.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM) or {"metadata": {}}
    return claim["metadata"].get("annotations", {}).get(names.USERS, "").split(",")
