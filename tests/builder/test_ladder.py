"""Candidates in order, until one passes; each step with its reason."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builder import making
from model_builder import contract, errors
from model_builder.optimizing import choosing, judging

INT8, FP16, NONE = contract.CandidateName.INT8_STATIC, contract.CandidateName.FP16, contract.CandidateName.NONE
PASSED, FAILED, REFUSED = contract.Verdict.PASSED, contract.Verdict.FAILED, contract.Verdict.REFUSED


def judge(verdicts: dict[contract.CandidateName, contract.Verdict]) -> Callable[[Any], judging.Judged]:
    def judged(name: contract.CandidateName) -> judging.Judged:
        report = contract.CandidateReport(name=name, verdict=verdicts[name], message=f"figures of {name}")
        return judging.Judged(report)

    return judged


def climbed(verdicts: dict[contract.CandidateName, contract.Verdict]) -> list[contract.CandidateName]:
    return [judged.report.name for judged in choosing.first(verdicts, judge(verdicts))]


def test_what_comes_after_the_first_that_passed_is_not_tried() -> None:
    assert climbed({INT8: PASSED, NONE: PASSED}) == [INT8]


@pytest.mark.parametrize("verdict", [FAILED, REFUSED, contract.Verdict.INCONCLUSIVE])
def test_every_other_verdict_falls_to_the_next(verdict: contract.Verdict) -> None:
    assert climbed({INT8: verdict, NONE: PASSED}) == [INT8, NONE]


def test_where_none_passes_the_failure_has_every_candidate_s_figures() -> None:
    with pytest.raises(errors.GateFailedError) as caught:
        climbed({FP16: REFUSED, INT8: FAILED})
    failure = caught.value.failure
    assert (failure.reason, failure.field) == (contract.FailureReason.GATE_FAILED, "spec.build.candidates")
    assert "fp16 refused: figures of fp16. int8Static failed: figures of int8Static" in failure.message
    assert "none" in failure.next_step
    assert [(rung.candidate, rung.verdict) for rung in caught.value.candidates] == [(FP16, REFUSED), (INT8, FAILED)]


ROWS = 400


def ask(workspace: making.Workspace, candidates: Iterable[str], scale: float = 1, **changes: Any) -> None:
    """A build with calibration, whose evaluation set is labelled by the model itself.

    With a small scale the calibration set is unlike the evaluation set: int8 then cuts what it has not seen.
    """
    import torch

    space: dict[str, Any] = {}
    exec((workspace.places.source / "digits.py").read_text(), space)  # noqa: S102 - our own code
    model = space["build"]()
    model.load_state_dict(torch.load(workspace.places.source / "digits.pt", weights_only=True))
    numbers = np.random.default_rng(5)
    images, calibration = (numbers.standard_normal((rows, 1, 8, 8), dtype=np.float32) for rows in (ROWS, 100))
    with torch.inference_mode():
        labels = model(torch.from_numpy(images)).argmax(1).numpy()
    np.savez(workspace.places.source / "test.npz", image=images, labels=labels)
    np.savez(workspace.places.source / "train.npz", image=calibration * np.float32(scale))
    whole = {
        **making.request(),
        "candidates": list(candidates),
        "calibration": {"data": {"file": "train.npz"}},
        "gate": {"maxDrop": {"accuracy": 0.2}},
        **changes,
    }
    workspace.places.request.write_text(json.dumps(whole))


def report(workspace: making.Workspace) -> contract.FullReport:
    return contract.FullReport.model_validate_json((workspace.places.artifact / "report.json").read_bytes())


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory, source: Path) -> making.Workspace:
    """The digits model as int8, under a gate that it meets. Read only."""
    made = making.Workspace(tmp_path_factory.mktemp("int8"))
    shutil.copytree(source, made.places.source)
    ask(made, [INT8, NONE])
    code, said = made.run_until("publish")
    assert code == 0, said
    return made


def test_a_candidate_that_keeps_what_is_asked_becomes_the_artifact(int8: making.Workspace) -> None:
    told = report(int8)
    assert (told.chosen, [candidate.name for candidate in told.candidates]) == (INT8, [INT8])
    [judged] = told.candidates
    assert judged.precision == "int8"
    assert judged.size < told.float_size
    assert judged.message.startswith("accuracy")
    assert "allowed is 20.0" in judged.message


def test_its_speed_is_measured_against_the_float_graph(int8: making.Workspace) -> None:
    speed = report(int8).candidates[0].speed
    assert speed
    assert speed.ratio.low <= speed.ratio.value <= speed.ratio.high
    assert speed.rounds >= 3
    assert speed.cpu


def test_the_short_report_has_what_the_operator_shows(int8: making.Workspace) -> None:
    said = contract.Report.model_validate_json(int8.places.termination_log.read_bytes())
    told = report(int8)
    assert told.candidates[0].speed
    assert said.speedup == told.candidates[0].speed.ratio
    assert said.drops == told.candidates[0].drops
    assert (said.precision, said.float_size) == ("int8", told.float_size)
    assert [rung.verdict for rung in said.candidates] == [PASSED]


def test_it_may_be_off_by_steps_of_its_output(int8: making.Workspace) -> None:
    [absolute, relative] = report(int8).tolerance["output"]
    assert absolute > relative >= contract.TOLERANCE


def test_a_gate_that_int8_cannot_meet_falls_to_none_and_says_why(workspace: making.Workspace) -> None:
    ask(workspace, [INT8, NONE], scale=0.1, gate={"maxDrop": {"accuracy": 0.01}})
    code, _ = workspace.run_until("optimize")
    told = report(workspace)
    assert (code, told.chosen) == (0, NONE)
    assert [candidate.verdict for candidate in told.candidates] == [FAILED, PASSED]
    assert "samples worse" in told.candidates[0].message


def test_where_all_fail_the_build_fails_with_the_numbers(workspace: making.Workspace) -> None:
    ask(workspace, [INT8], scale=0.1, gate={"maxDrop": {"accuracy": 0.01}})
    code, said = workspace.run_until("optimize")
    assert said
    assert said.failure
    assert (code, said.failure.reason) == (contract.ExitCode.GATE_FAILED, contract.FailureReason.GATE_FAILED)
    assert "int8Static failed: accuracy fell by" in said.failure.message
    assert [rung.verdict for rung in said.candidates] == [FAILED]


def test_what_makes_no_sense_here_is_refused_and_the_ladder_goes_on(workspace: making.Workspace) -> None:
    ask(workspace, [FP16, NONE])
    code, _ = workspace.run_until("optimize")
    told = report(workspace)
    assert (code, told.chosen) == (0, NONE)
    assert told.candidates[0].verdict == REFUSED
    assert told.candidates[0].message


def test_on_a_gpu_s_behalf_nothing_is_timed(workspace: making.Workspace) -> None:
    ask(workspace, [FP16, NONE], target={"gpu": {}}, calibration=None)
    code, said = workspace.run_until("optimize")
    assert code == 0, said
    told = report(workspace)
    assert (told.chosen, told.candidates[0].precision) == (FP16, "float16")
    assert told.candidates[0].speed is None
    assert told.notes == ["Speed is not measured: the build did not run on the target, a GPU."]
    assert told.tolerance["output"] >= (contract.HALF_TOLERANCE, contract.HALF_TOLERANCE)


def test_too_few_samples_are_told_before_any_candidate_is_made(
    workspace: making.Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(workspace, [INT8, NONE], gate={"maxDrop": {"accuracy": 0.001}})
    failure = workspace.failure("optimize")
    assert failure.reason == contract.FailureReason.EVALUATION_TOO_SMALL
    assert "optimize: int8Static" not in capsys.readouterr().out


def test_the_log_tells_the_ladder(workspace: making.Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    ask(workspace, [INT8, NONE])
    workspace.run_until("optimize")
    said = capsys.readouterr().out
    assert "optimize: int8Static passed: accuracy" in said
    assert "x as fast as the float graph" in said
    assert "optimize: the artifact is int8Static" in said
