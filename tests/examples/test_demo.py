"""What the demo concludes from what it sees."""

import json

import numpy as np
import pytest

from cluster import layout
from demo import asking, clusters, errors, waiting
from modelsmith import showing

DEPLOYMENT = {
    "metadata": {"generation": 2},
    "spec": {"replicas": 1},
    "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}


class Cluster:
    """Answers each question about a ModelDeployment with the next of these."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def kubectl(self, *words, **_):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def resource(*conditions, generation=1, observed=1):
    made = [
        {"type": kind, "status": status, "reason": reason, "message": "because"} for kind, status, reason in conditions
    ]
    return json.dumps(
        {"metadata": {"generation": generation}, "status": {"observedGeneration": observed, "conditions": made}}
    )


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSE", 0)


def test_each_change_of_a_condition_is_told_once(capsys):
    building, ready = ("Ready", "False", "Building"), ("Ready", "True", "Serving")
    waiting.until_ready(Cluster(resource(building), resource(building), resource(ready)), "here", "digits")
    assert [line.split()[2:5] for line in capsys.readouterr().out.splitlines()] == [
        ["Ready", "False", "Building:"],
        ["Ready", "True", "Serving:"],
    ]


def test_ready_of_an_older_generation_is_not_believed():
    old = resource(("Ready", "True", "Serving"), generation=2, observed=1)
    stalled = resource(("Ready", "False", "BuildFailed"), ("Stalled", "True", "BuildFailed"), generation=2, observed=2)
    with pytest.raises(errors.DemoError, match="BuildFailed: because"):
        waiting.until_ready(Cluster(old, stalled), "here", "digits")


def test_what_takes_too_long_ends_with_the_cause(monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.01)
    with pytest.raises(errors.DemoError, match=r"Building: because\n\nnext: kubectl"):
        waiting.until_ready(Cluster(resource(("Ready", "False", "Building"))), "here", "digits")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"observedGeneration": 1}, "the controller has not seen the new template"),
        ({"updatedReplicas": 0}, "the old pod still runs"),
        ({"availableReplicas": None}, "the new pod does not answer"),
    ],
)
def test_an_operator_is_not_up_before_its_new_pod_answers(change, why):
    assert waiting.rolled_out(DEPLOYMENT)
    assert not waiting.rolled_out({**DEPLOYMENT, "status": {**DEPLOYMENT["status"], **change}}), why


def test_a_pod_that_crashes_is_seen():
    waits = {"metadata": {}, "status": {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}
    leaves = {"metadata": {"deletionTimestamp": "now"}, "status": waits["status"]}
    assert waiting.reasons([waits]) == ["CrashLoopBackOff"]
    assert waiting.reasons([leaves]) == []


def test_the_answer_of_predict_is_understood():
    scores = np.zeros((1, 10), np.float32)
    scores[0, 7] = 1
    right, wrong = (asking.VERDICT.search(showing.answer({"logits": scores}, label)) for label in (7, 3))
    assert right
    assert right[1] == right[2] == "7"
    assert wrong
    assert wrong[1] != wrong[2]


def test_a_kubeconfig_of_the_users_wins():
    assert not clusters.choose({"KUBECONFIG": "/home/me/.kube/config"}).embedded
    assert clusters.choose({"KUBECONFIG": str(layout.kubeconfig())}).embedded
    assert clusters.choose({}).embedded


def test_a_cluster_of_the_users_needs_images_by_name(monkeypatch):
    monkeypatch.setenv("MODELSMITH_IMAGES_OPERATOR", "registry.example/operator:1")
    with pytest.raises(errors.DemoError, match="MODELSMITH_IMAGES_BUILDER, MODELSMITH_IMAGES_SERVING"):
        clusters.Own("/home/me/.kube/config").images()
