import pytest

from builder import making
from model_builder import contract, errors, stepping
from model_builder.fetching import step


def test_what_nobody_foresaw_is_a_defect_of_ours_with_a_traceback_in_the_log(
    workspace: making.Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        message = "no such luck"
        raise LookupError(message)

    monkeypatch.setattr(step, "run", broken)
    code, report = workspace.run("fetch")
    assert report
    assert report.failure
    assert (code, report.failure.reason) == (contract.ExitCode.INTERNAL, contract.FailureReason.INTERNAL_ERROR)
    assert report.failure.message == "LookupError: no such luck"
    assert "Traceback" in capsys.readouterr().err


def test_a_failure_is_said_in_the_log_too(workspace: making.Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.ask(weights="other.pt")
    workspace.run("fetch")
    said = capsys.readouterr().out
    assert "fetch: failed: SourceMissing (spec.model.weights): other.pt is not in the source" in said
    assert "fetch: next:" in said


def test_convert_that_left_nothing_is_told(workspace: making.Workspace) -> None:
    workspace.run("fetch")
    _, report = workspace.run("optimize")
    assert report
    assert report.failure
    assert "convert left no result" in report.failure.message


def test_a_failure_says_how_far_the_ladder_was_climbed(
    workspace: making.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = contract.Rung(candidate=contract.CandidateName.NONE, verdict=contract.Verdict.REFUSED, message="no luck")

    def failing(_: object) -> None:
        raise errors.GateFailedError(contract.FailureReason.GATE_FAILED, "none passed", candidates=[rung])

    monkeypatch.setattr(step, "run", failing)
    code, report = workspace.run("fetch")
    assert report
    assert (code, report.candidates) == (contract.ExitCode.GATE_FAILED, [rung])


def test_every_step_has_a_module() -> None:
    assert set(stepping.MODULES) == set(contract.Step)
