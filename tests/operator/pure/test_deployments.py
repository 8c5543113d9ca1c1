"""Every situation of a ModelDeployment, and what is said about it."""

import json

import pytest
from pure import build_rows, deployment_rows, making, scaled, worlds

from model_builder import contract
from model_operator import documenting, kinds, names, reasons
from model_operator.deployments import revisiting

rows = pytest.mark.parametrize(
    ("arrange", "ready", "kstatus", "available", "words"), deployment_rows.ROWS.values(), ids=deployment_rows.ROWS
)


@rows
def test_ready_names_the_true_cause(arrange, ready, kstatus, available, words):
    status = deployment_rows.status(arrange())
    found = worlds.brief(status)
    assert found["Ready"] == ready
    assert found["Available"] == available
    assert {"Reconciling", "Stalled"} & set(found) == ({kstatus} if kstatus else set())
    assert words in worlds.condition(status, "Ready")["message"]


@rows
def test_a_status_is_small_and_speaks_of_its_generation(arrange, ready, kstatus, available, words):
    world = arrange()
    status = deployment_rows.status(world)
    assert len(json.dumps(status).encode()) < 16_000
    generations = {one["observedGeneration"] for one in status["conditions"]}
    assert generations == {status["observedGeneration"]}


def test_every_reason_has_a_situation():
    known = {reason.value for reason in reasons.Reason}
    seen = build_rows.reasons() | deployment_rows.reasons() | deployment_rows.reasons_while_cleaning()
    seen |= scaled.reasons()
    assert known - seen == set()


def test_every_reason_has_a_sentence_and_the_page_has_all():
    assert set(reasons.SENTENCES) == set(reasons.Reason)
    page = documenting.PAGE.read_text(encoding="utf-8")
    assert page == documenting.page(), "run: python -m model_operator.documenting"
    assert all(f"| {reason} |" in page for reason in (*reasons.Reason, *contract.FailureReason))


def test_no_reason_means_two_things():
    assert not {reason.value for reason in reasons.Reason} & {reason.value for reason in contract.FailureReason}


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("no ConfigMap yet", revisiting.PATIENCE),
        ("a ConfigMap without the weights", revisiting.PATIENCE),
        ("somebody else's Service", revisiting.TAKEN_PATIENCE),
        ("a volume that cannot be mounted", revisiting.PATIENCE),
        ("serving", None),
        ("the build failed", None),
        ("no node takes a server", None),
        ("suspended at once", None),
    ],
)
def test_only_what_nobody_tells_is_looked_at_again(name, seconds):
    world = deployment_rows.ROWS[name][0]()
    world.reconcile()
    assert world.decision.requeue_after == seconds


def test_a_refused_spec_touches_nothing():
    world = making.serving()
    before = {key: one for key, one in world.objects.items() if key.kind not in kinds.OWN}
    world.put(making.model_deployment(serving={"replicas": 0, "resources": {"limits": {"nvidia.com/gpu": 1}}}))
    status = world.reconcile()
    assert worlds.brief(status)["Accepted"] == "False/GpuOutsideField"
    assert worlds.brief(status)["Built"] == "True/Built"
    assert {key: one for key, one in world.objects.items() if key.kind not in kinds.OWN} == before


def test_a_name_that_is_taken_is_left_alone():
    world = deployment_rows.name_taken()
    assert world.find(kinds.SERVICE)["spec"] == {}
    assert not world.all(kinds.MODEL_BUILD)


def test_suspended_nothing_new_is_asked_for():
    world = deployment_rows.suspended_at_once()
    made = [key.kind.kind for key in world.objects if key.kind not in kinds.OWN and key.name not in making.GIVEN]
    assert made == []
    assert not world.all(kinds.MODEL_BUILD)


def test_suspended_what_serves_is_kept_up_and_may_be_scaled():
    world = deployment_rows.suspended_while_serving()
    assert len(world.all(kinds.CONTROLLER_REVISION)) == 1
    world.put(making.model_deployment(suspend=True, serving={"replicas": 4}))
    world.drop(world.find(kinds.SERVICE, "digits"))
    world.reconcile()
    assert world.find(kinds.DEPLOYMENT)["spec"]["replicas"] == 4
    assert world.find(kinds.SERVICE, "digits")


def test_suspended_a_running_build_stops_and_resumed_it_runs():
    world = making.world()
    making.start_build(world)
    world.put(making.model_deployment(suspend=True))
    making.start_build(world)
    assert not world.all(kinds.JOB)
    world.put(making.model_deployment())
    making.start_build(world)
    assert world.find(kinds.JOB)


def test_a_transition_keeps_its_time_and_is_told_once():
    world = making.serving()
    since = worlds.condition(world.reconcile(), "Ready")["lastTransitionTime"]
    told = len(world.log)
    world.now += world.now - worlds.NOW
    status = world.reconcile()
    assert worlds.condition(status, "Ready")["lastTransitionTime"] == since
    assert len(world.log) == told
    making.roll(world, ready=0)
    world.reconcile()
    assert [event.reason for event in world.log[told:]] == ["ServersNotReady"]


def test_a_failure_is_a_warning_and_progress_is_not():
    world = deployment_rows.build_failed()
    types = {event.reason: event.type for event in world.log}
    assert types["WeightsMismatch"] == "Warning"
    assert types["Building"] == "Normal"


def test_a_resource_that_is_being_deleted_is_left_alone():
    world = making.serving()
    world.find(kinds.MODEL_DEPLOYMENT)["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    world.reconcile()
    assert world.decision.objects == ()
    assert world.decision.status is None


def test_a_foreign_claim_is_used_and_left_alone():
    world = making.world(artifact={"claimName": "models"})
    making.start_build(world)
    assert world.find(kinds.PERSISTENT_VOLUME_CLAIM)["spec"] == {}
    volumes = world.find(kinds.JOB)["spec"]["template"]["spec"]["volumes"]
    assert next(one for one in volumes if one["name"] == "store")["persistentVolumeClaim"]["claimName"] == "models"


def test_a_claim_keeps_what_it_asked_for():
    world = making.world(artifact={"size": "5Gi"})
    world.reconcile()
    claim = world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    claim["spec"]["storageClassName"] = "standard"
    world.put(making.model_deployment(artifact={"size": "50Gi", "storageClassName": "fast"}))
    world.reconcile()
    claim = world.find(kinds.PERSISTENT_VOLUME_CLAIM, names.ARTIFACT_CLAIM)
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert claim["spec"]["storageClassName"] == "standard"


def test_the_oldest_revisions_go_and_what_serves_stays():
    world = making.serving()
    for count in range(2, 15):
        world.put(making.model_deployment(serving={"instances": {"count": count}}))
        world.reconcile()
        making.roll(world)
        status = world.reconcile()
    kept = {one["metadata"]["name"] for one in world.all(kinds.CONTROLLER_REVISION)}
    assert len(kept) == 10
    assert status["rollout"]["revision"] in kept
    assert len(status["history"]) == 10
    assert {entry["revision"] for entry in status["history"]} == kept
