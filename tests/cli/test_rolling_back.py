"""`modelsmith rollback` and `promote`: they set what people and GitOps may set themselves."""

import json

import pytest

from cli import kubectls
from model_operator import names
from model_operator.api import rollouts
from modelsmith import promote

HISTORY = [{"revision": f"digits-{number}", "since": f"2026-01-0{number}T00:00:00Z"} for number in (3, 2, 1)]


def found(history=HISTORY, *, pin=None, **rollout):
    serving = {"rollout": {"pin": pin}} if pin else {}
    status = {"history": history, "rollout": {"revision": "digits-3", **rollout}}
    return {"kind": "ModelDeployment", "metadata": {"name": "digits"}, "spec": {"serving": serving}, "status": status}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    return kubectls.Kubectl(tmp_path, monkeypatch)


@pytest.fixture
def rollback(monkeypatch, capsys):
    return kubectls.asking("rollback", monkeypatch, capsys)


@pytest.fixture
def promotes(monkeypatch, capsys):
    return kubectls.asking("promote", monkeypatch, capsys)


def pinned(note):
    """What a call of kubectl pins."""
    assert note.startswith("patch modeldeployments.modelsmith.dev digits --type=merge -p {")
    change = json.loads(note[note.index("{") : note.rindex("}") + 1])
    rollout = change["spec"]["serving"]["rollout"]
    assert rollout.keys() <= rollouts.RolloutSpec.model_json_schema()["properties"].keys()
    return rollout["pin"]


@pytest.mark.parametrize(
    ("words", "expected"), [((), "digits-2"), (("--to", "digits-1"), "digits-1"), (("--to", "digits-3"), "digits-3")]
)
def test_it_pins_what_served_before_or_what_is_named(cluster, rollback, words, expected):
    cluster(found())
    code, output, _ = rollback("digits", *words, "-n", "team")
    assert code == 0
    assert f"revision {expected}, which served from 2026-01-0{expected[-1]}T00:00:00Z" in output
    assert "Until it serves: kubectl wait mdep/digits -n team" in output
    assert pinned(cluster.notes()[1]) == expected


def test_a_dry_run_changes_nothing(cluster, rollback, promotes):
    cluster(found(pin="digits-1"))
    assert "Nothing was changed" in rollback("digits", "--dry-run")[1]
    assert "Nothing was changed" in promotes("digits", "--dry-run")[1]
    assert [note.split()[0] for note in cluster.notes()] == ["get", "get"]


@pytest.mark.parametrize(
    ("held", "words", "said"),
    [
        (found(), ("--to", "digits-9"), "digits-9 has not served; those that have: digits-3, digits-2, digits-1"),
        (found(HISTORY[:1]), (), "there is no other revision to go back to; those that have served: digits-3"),
        ({**found(), "status": None}, (), "those that have served: none"),
    ],
)
def test_what_cannot_be_gone_back_to_is_said(cluster, rollback, held, words, said):
    cluster(held)
    code, _, told = rollback("digits", *words)
    assert code == 1
    assert said in told
    assert len(cluster.notes()) == 1


def test_a_canary_is_promoted_by_its_name(cluster, promotes):
    cluster(found(canary={"revision": "digits-4", "step": 1}))
    code, output, _ = promotes("digits")
    assert code == 0
    assert "end the canary of digits-4 at step 1" in output
    assert cluster.notes()[1].startswith(
        "annotate modeldeployments.modelsmith.dev digits modelsmith.dev/promote=digits-4 --overwrite"
    )


def test_a_pin_is_cleared_before_anything_else(cluster, promotes):
    cluster(found(pin="digits-1", canary={"revision": "digits-4", "step": 1}))
    assert "clear the pin to digits-1" in promotes("digits")[1]
    assert pinned(cluster.notes()[1]) is None


def test_what_was_rolled_back_is_not_promoted(cluster, promotes):
    cluster(found(rejected={"revision": "digits-4", "reason": "AnswersWrong", "message": "output y differs"}))
    code, _, said = promotes("digits")
    assert code == 1
    assert "digits-4 was rolled back (AnswersWrong: output y differs)" in said
    assert names.REQUESTED_AT in said


def test_nothing_to_promote_is_said(cluster, promotes):
    cluster(found())
    code, _, said = promotes("digits")
    assert code == 1
    assert "no canary runs, and no revision is pinned" in said


def test_it_speaks_the_operators_words():
    assert promote.ANNOTATION == names.PROMOTE
