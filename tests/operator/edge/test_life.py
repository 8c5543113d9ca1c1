"""A ModelDeployment from its creation to its end, with the whole operator against a real API server."""

import pytest
from edge import clusters, kubelet, processes, resources

from model_operator import kinds, names

pytestmark = pytest.mark.usefixtures("operator")
FOREIGN = ("kopf.zalando.org", "kopf.dev")


@pytest.fixture
def served(namespace: clusters.Namespace) -> clusters.Namespace:
    """A namespace in which `digits` serves with two servers."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", resources.spec(replicas=2))
    resources.build(namespace)
    resources.make_ready(namespace, "digits", 2)
    return namespace


def test_from_a_spec_to_a_service(served):
    found = served.find(kinds.MODEL_DEPLOYMENT, "digits")
    status = found["status"]
    assert resources.condition(found, "Ready")["status"] == "True"
    assert status["observedGeneration"] == found["metadata"]["generation"]
    assert status["artifact"]["digest"] == kubelet.DIGEST
    assert status["serving"]["url"].startswith("http://digits.")
    assert served.find(kinds.SERVICE, "digits")
    assert served.find(kinds.SERVICE, names.headless_service("digits"))
    assert served.only(kinds.POD_DISRUPTION_BUDGET)
    assert served.only(kinds.CONTROLLER_REVISION, f"{names.DEPLOYMENT_LABEL}=digits")


def test_the_build_is_owned_by_who_asked_for_it_and_knows_its_result(served):
    build = served.only(kinds.MODEL_BUILD)
    assert [owner["name"] for owner in build["metadata"]["ownerReferences"]] == ["digits"]
    assert resources.condition(build, "Built")["status"] == "True"
    assert build["status"]["observedGeneration"] == build["metadata"]["generation"]


def test_what_users_own_is_left_as_they_wrote_it(served):
    for kind, name in ((kinds.MODEL_DEPLOYMENT, "digits"), (kinds.CONFIG_MAP, resources.SOURCE)):
        metadata = served.find(kind, name)["metadata"]
        assert not metadata.get("annotations")
        assert not metadata.get("finalizers")
        assert not metadata.get("labels")


def test_the_framework_leaves_no_mark_on_anything(served):
    for kind in (*resources.FAMILY, kinds.CONFIG_MAP, kinds.MODEL_DEPLOYMENT):
        for one in served.list(kind):
            text = str(one)
            assert not any(mark in text for mark in FOREIGN), one["metadata"]["name"]


def test_deleting_it_leaves_nothing(served):
    served.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: not resources.leftovers(served), f"all is gone: {resources.leftovers(served)}")
    assert served.find(kinds.CONFIG_MAP, resources.SOURCE)


def test_what_drifts_comes_back(served):
    served.patch(kinds.SERVICE, "digits", {"spec": {"selector": {names.DEPLOYMENT_LABEL: "somebody"}}})
    clusters.until(
        lambda: served.find(kinds.SERVICE, "digits")["spec"]["selector"][names.DEPLOYMENT_LABEL] == "digits",
        "the selector is as it was",
    )


def test_what_is_deleted_by_hand_comes_back(served):
    before = served.find(kinds.SERVICE, "digits")["metadata"]["uid"]
    served.delete(kinds.SERVICE, "digits")
    clusters.until(
        lambda: (served.find(kinds.SERVICE, "digits") or {"metadata": {"uid": before}})["metadata"]["uid"] != before,
        "there is another Service",
    )


def test_scaling_changes_the_servers_and_builds_nothing(served):
    jobs = [job["metadata"]["uid"] for job in served.list(kinds.JOB)]
    served.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"replicas": 3}}, "scale")
    clusters.until(lambda: served.find(kinds.DEPLOYMENT, "digits")["spec"]["replicas"] == 3, "three servers are wanted")
    kubelet.serve(served, "digits", 3)
    resources.until_reason(served, "digits", "Serving")
    assert [job["metadata"]["uid"] for job in served.list(kinds.JOB)] == jobs


def test_two_of_the_same_model_share_one_build(namespace, operator: processes.Operator):
    resources.provide_source(namespace)
    for name in ("one", "two"):
        resources.deploy(namespace, name)
    owners = clusters.until(lambda: _owners(namespace, 2), "the build has two owners")
    assert owners == ["one", "two"]
    resources.build(namespace)
    for name in ("one", "two"):
        resources.make_ready(namespace, name)
    assert len(namespace.list(kinds.JOB)) == 1

    namespace.delete(kinds.MODEL_DEPLOYMENT, "one")
    clusters.until(lambda: _owners(namespace, 1) == ["two"], "one owner is left")
    clusters.until(lambda: namespace.find(kinds.DEPLOYMENT, "one") is None, "the servers of the first are gone")
    assert resources.condition(namespace.find(kinds.MODEL_DEPLOYMENT, "two"), "Ready")["status"] == "True"
    assert namespace.only(kinds.MODEL_BUILD)

    namespace.delete(kinds.MODEL_DEPLOYMENT, "two")
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")


def _owners(namespace: clusters.Namespace, count: int) -> list[str]:
    build = namespace.only(kinds.MODEL_BUILD)
    owners = (build or {"metadata": {}})["metadata"].get("ownerReferences") or ()
    return [owner["name"] for owner in owners] if len(owners) == count else []


def test_a_suspended_one_builds_nothing_until_it_is_resumed(namespace):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits", {**resources.spec(), "suspend": True})
    resources.until_reason(namespace, "digits", "Suspended")
    assert namespace.list(kinds.JOB) == []
    namespace.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"suspend": False}})
    resources.build(namespace)
    resources.make_ready(namespace, "digits")


def test_suspending_one_that_serves_deletes_nothing(served):
    before = served.find(kinds.DEPLOYMENT, "digits")
    served.patch(kinds.MODEL_DEPLOYMENT, "digits", {"spec": {"suspend": True}})
    resources.until_reason(served, "digits", "Suspended")
    after = served.find(kinds.DEPLOYMENT, "digits")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_a_build_that_fails_says_why_in_the_builders_words(namespace):
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    kubelet.end_build(resources.only_job(namespace), namespace, kubelet.failed(), code=64)
    found = resources.until_reason(namespace, "digits", "WeightsMismatch")
    assert "conv1.weight" in resources.condition(found, "Ready")["message"]
    assert resources.condition(found, "Stalled")["status"] == "True"


def test_a_gate_that_fails_tells_its_figures_where_people_look(namespace):
    resources.provide_source(namespace)
    ladder = {
        "candidates": ["int8Static"],
        "calibration": {"data": {"file": "train.npz"}},
        "evaluation": {"data": {"file": "test.npz"}},
    }
    resources.deploy(namespace, "digits", {**resources.spec(), "build": ladder})
    kubelet.end_build(resources.only_job(namespace), namespace, kubelet.gate_failed(), code=65)
    found = resources.until_reason(namespace, "digits", "GateFailed")
    assert "accuracy fell by 1.6 points" in resources.condition(found, "Built")["message"]
    assert resources.condition(found, "Stalled")["status"] == "True"
    [step] = found["status"]["build"]["candidates"]
    assert (step["name"], step["verdict"]) == ("int8Static", "failed")
    told = clusters.until(lambda: _events(namespace, "CandidateFailed", "ModelDeployment"), "the fall is an Event")
    assert {(event["type"], event["message"]) for event in told} == {("Warning", f"int8Static: {step['message']}")}


def _events(namespace: clusters.Namespace, reason: str, kind: str) -> list[kinds.Manifest]:
    told = namespace.list(clusters.EVENT)
    return [event for event in told if (event["reason"], event["involvedObject"]["kind"]) == (reason, kind)]


def test_artifacts_in_a_registry_need_no_claim_and_are_mounted_by_digest(namespace):
    repository = "registry.test/team/models"
    resources.provide_source(namespace)
    asked = {"store": "oci", "oci": {"repository": repository, "pullSecretName": "pull"}}
    resources.deploy(namespace, "digits", {**resources.spec(), "artifact": asked})
    reference = f"{repository}@sha256:{'c' * 64}"
    kubelet.end_build(resources.only_job(namespace), namespace, kubelet.published(reference=reference))
    resources.make_ready(namespace, "digits")
    assert namespace.list(kinds.PERSISTENT_VOLUME_CLAIM) == []
    pod = namespace.find(kinds.DEPLOYMENT, "digits")["spec"]["template"]["spec"]
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == "artifacts"]
    assert volume["image"]["reference"] == reference
    assert pod["imagePullSecrets"] == [{"name": "pull"}]


def test_a_source_that_comes_later_is_noticed(namespace):
    resources.deploy(namespace, "digits")
    resources.until_reason(namespace, "digits", "SourceNotFound")
    resources.provide_source(namespace)
    resources.only_job(namespace)


def test_a_misspelt_field_is_refused_by_the_api_server(namespace):
    wrong = {**resources.spec(), "servings": {"replicas": 2}}
    with pytest.raises(clusters.Refused, match=r"unknown field \"spec\.servings\""):
        resources.deploy(namespace, "digits", wrong)


def test_news_is_told_as_an_event(served):
    reasons = {
        event["reason"]
        for event in served.list(clusters.EVENT)
        if event["involvedObject"]["kind"] in {kinds.MODEL_DEPLOYMENT.kind, kinds.MODEL_BUILD.kind}
    }
    assert "Serving" in reasons or "Ready" in reasons, reasons
