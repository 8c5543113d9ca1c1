"""`modelsmith upgrade`, with a program called kubectl that notes what it is asked."""

import subprocess

import pytest

from cli import kubectls
from model_operator import names
from modelsmith import cluster as in_cluster
from modelsmith import upgrade

NEWS = "the operator brings triton image reg/triton:2 (in use: reg/triton:1)"


def found(name, message="", status="True"):
    conditions = [{"type": "Ready", "status": "True", "message": "1 of 1 servers are ready"}]
    conditions += [{"type": "UpdateAvailable", "status": status, "message": message}] if message else []
    return {"kind": "ModelDeployment", "metadata": {"name": name}, "status": {"conditions": conditions}}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Let kubectl show these; answers its notes: the words of each call."""
    return kubectls.Kubectl(tmp_path, monkeypatch)


@pytest.fixture
def ask(monkeypatch, capsys):
    """Run the verb; exit code, output, errors."""
    return kubectls.asking("upgrade", monkeypatch, capsys)


def test_it_says_what_changes_and_then_asks(cluster, ask):
    cluster(found("digits", NEWS))
    code, output, _ = ask("digits", "-n", "team")
    assert code == 0
    assert output.startswith(f"digits: {NEWS}\nAsked of digits. Until it is done: kubectl wait mdep/digits -n team ")
    read, asked = cluster.notes()
    assert read == "get modeldeployments.modelsmith.dev digits -o json -n team"
    assert asked.startswith("annotate modeldeployments.modelsmith.dev digits modelsmith.dev/upgradedAt=20")
    assert asked.endswith("Z --overwrite -n team")


def test_it_asks_in_the_operators_words():
    assert upgrade.ANNOTATION == names.UPGRADED_AT
    assert f"{names.DEPLOYMENT_PLURAL}.{names.GROUP}" == in_cluster.RESOURCE


def test_of_all_it_asks_those_for_which_something_is_new(cluster, ask):
    cluster(found("one", NEWS), found("two"), found("three", NEWS))
    code, output, _ = ask("--all")
    assert code == 0
    assert "two: nothing is new\n" in output
    assert "Asked of one, three." in output
    assert " one three modelsmith.dev/upgradedAt=" in cluster.notes()[1]


@pytest.mark.parametrize("held", [found("digits"), found("digits", NEWS, "False"), {**found("digits"), "status": None}])
def test_nothing_new_asks_nothing(cluster, ask, held):
    cluster(held)
    assert ask("digits")[:2] == (0, "digits: nothing is new\n")
    assert len(cluster.notes()) == 1


def test_a_dry_run_asks_nothing(cluster, ask):
    cluster(found("digits", NEWS))
    _, output, _ = ask("digits", "--dry-run")
    assert output == f"digits: {NEWS}\nNothing was changed (--dry-run).\n"
    assert len(cluster.notes()) == 1


def test_an_empty_namespace_is_named(cluster, ask):
    cluster()
    code, _, said = ask("--all")
    assert code == 1
    assert "there is no ModelDeployment in this namespace" in said


@pytest.mark.parametrize("words", [(), ("digits", "--all")])
def test_names_or_all(cluster, ask, words):
    code, _, said = ask(*words)
    assert code == 1
    assert "name the ModelDeployments to upgrade, or give --all" in said


def test_without_kubectl_it_says_what_to_install(cluster, ask):
    code, _, said = ask("digits")
    assert code == 1
    assert "there is no kubectl on PATH" in said
    assert "docs/upgrading.md" in said


def test_what_kubectl_refuses_is_said_in_its_words(cluster, ask):
    cluster(found("digits"), code=1, words="Error from server (Forbidden): no\n")
    code, _, said = ask("digits")
    assert code == 1
    assert said == "modelsmith upgrade: kubectl get says: Error from server (Forbidden): no\n"


def test_a_kubectl_that_hangs_is_not_waited_for(monkeypatch, ask):
    def hang(words, timeout, **_):
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    code, _, said = ask("digits")
    assert code == 1
    assert "kubectl get has not ended in 60 s" in said
