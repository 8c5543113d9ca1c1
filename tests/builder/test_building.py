"""A whole build, from a checkpoint to an artifact in the store."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from builder import making
from model_builder import contract, digests
from model_builder.optimizing import summing_up
from model_builder.publishing import pvc


@pytest.fixture
def artifact(built: making.Workspace) -> Path:
    [folder] = (built.store / "artifacts").iterdir()
    return folder


@pytest.fixture
def report(artifact: Path) -> contract.FullReport:
    return contract.FullReport.model_validate_json((artifact / "report.json").read_bytes())


def test_the_artifact_holds_exactly_its_parts(artifact: Path) -> None:
    found = sorted(path.relative_to(artifact).as_posix() for path in artifact.rglob("*") if path.is_file())
    assert found == [
        "files/model.onnx",
        "golden.npz",
        "manifest.sha256",
        "report.html",
        "report.json",
        "requires.json",
        "signature.json",
    ]


def test_the_artifact_is_named_by_the_digest_of_its_manifest(artifact: Path) -> None:
    assert digests.of_bytes((artifact / "manifest.sha256").read_bytes()) == f"sha256:{artifact.name}"


def test_any_user_may_read_the_artifact_and_none_may_write_a_file(artifact: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in artifact.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (artifact, artifact / "files")}
    assert (modes, folders) == ({0o444}, {0o755})


def test_the_signature_names_the_declared_input_and_the_output(artifact: Path) -> None:
    signature = contract.Signature.model_validate_json((artifact / "signature.json").read_bytes())
    assert [(tensor.name, tensor.dtype, tensor.shape) for tensor in (*signature.inputs, *signature.outputs)] == [
        ("image", "float32", [-1, 1, 8, 8]),
        ("output", "float32", [-1, 10]),
    ]
    assert signature.batchable


def test_the_artifact_gives_its_golden_answers(artifact: Path) -> None:
    golden = np.load(artifact / "golden.npz")
    session = onnxruntime.InferenceSession(artifact / "files/model.onnx", providers=["CPUExecutionProvider"])
    for request, answer in zip(golden["input.image"], golden["output.output"], strict=True):
        [found] = session.run(None, {"image": request})
        np.testing.assert_allclose(found, answer, rtol=1e-3, atol=1e-3)


def test_the_golden_answers_come_with_their_tolerance(artifact: Path, report: contract.FullReport) -> None:
    [absolute, relative] = np.load(artifact / "golden.npz")["tolerance.output"]
    assert (absolute, relative) == report.tolerance["output"]
    assert contract.TOLERANCE <= absolute < 0.01


def test_golden_requests_are_eight_whole_requests(artifact: Path) -> None:
    golden = np.load(artifact / "golden.npz")
    assert {name: golden[name].shape for name in golden.files} == {
        "input.image": (8, 1, 1, 8, 8),
        "output.output": (8, 1, 10),
        "tolerance.output": (2,),
    }


def test_the_report_tells_how_the_original_model_and_the_artifact_fare(report: contract.FullReport) -> None:
    assert set(report.baseline) == set(report.candidates[0].metrics) == set(contract.Metric)
    assert report.baseline[contract.Metric.ACCURACY] == report.candidates[0].metrics[contract.Metric.ACCURACY]


def test_the_report_tells_the_size_of_the_evaluation_set(report: contract.FullReport) -> None:
    assert (report.samples, report.classes) == (making.ROWS, making.CLASSES)


def test_the_report_tells_how_far_the_artifact_is_from_the_original(report: contract.FullReport) -> None:
    assert 0 <= report.candidates[0].max_error < 1e-4


def test_the_report_tells_what_was_asked_and_what_took_part(report: contract.FullReport) -> None:
    assert report.schema_version == contract.REPORT_SCHEMA
    assert report.recipe["gate"] == "points that may be lost: accuracy 1, as measured"
    assert set(report.files) == {"digits.py", "digits.pt", "test.npz"}


def test_the_float_model_passes_by_its_proof_and_its_drops_are_told(report: contract.FullReport) -> None:
    [judged] = report.candidates
    assert (judged.name, judged.verdict) == (contract.CandidateName.NONE, contract.Verdict.PASSED)
    assert judged.message.startswith("it is the float graph, which answers as the original model does")
    assert judged.drops[contract.Metric.ACCURACY].value == 0
    assert set(judged.drops) == set(contract.Metric)


def test_the_float_model_has_no_speed_for_it_is_what_speed_is_measured_against(report: contract.FullReport) -> None:
    assert report.candidates[0].speed is None
    assert report.candidates[0].size == report.float_size


def test_the_confusion_table_counts_every_sample(report: contract.FullReport) -> None:
    assert sum(cell.count for cell in report.confusion) == report.samples


def test_the_report_can_be_read_in_a_browser(artifact: Path) -> None:
    assert (artifact / "report.html").read_text().lstrip().lower().startswith("<!doctype html>")


def test_without_a_check_the_report_names_no_server(report: contract.FullReport) -> None:
    assert report.versions.triton is None


def test_nothing_in_the_artifact_names_a_path_of_the_machine(artifact: Path, built: making.Workspace) -> None:
    for file in artifact.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert str(built.root.parent).encode() not in content
            assert b"/site-packages/" not in content


def test_the_short_report_says_what_was_published(built: making.Workspace, artifact: Path) -> None:
    report = contract.Report.model_validate_json(built.places.termination_log.read_bytes())
    assert report.artifact == f"sha256:{artifact.name}"
    assert (report.precision, report.cache_hit) == ("float32", False)
    assert report.size == report.float_size == (artifact / "files/model.onnx").stat().st_size
    assert [(rung.candidate, rung.verdict) for rung in report.candidates] == [("none", "passed")]
    assert report.drops[contract.Metric.ACCURACY].value == 0
    assert report.speedup is None


def test_the_plan_leads_to_the_artifact(built: making.Workspace, artifact: Path) -> None:
    resolution = json.loads(built.places.resolution.read_bytes())
    assert pvc.find(built.store, resolution["planDigest"]) == f"sha256:{artifact.name}"


def test_the_same_plan_built_twice_has_the_same_tensors(
    workspace: making.Workspace, report: contract.FullReport
) -> None:
    """Not the same artifact: its report holds measured times."""
    workspace.run_until("publish")
    path = workspace.places.artifact / "report.json"
    again = contract.FullReport.model_validate_json(path.read_bytes())
    assert again.plan_digest == report.plan_digest
    assert [candidate.tensors for candidate in again.candidates] == [one.tensors for one in report.candidates]
    assert again.candidates[0].tensors


def test_a_model_with_neighbours_is_built_to_serve_requests_alone_and_says_so(workspace: making.Workspace) -> None:
    forward = "        return self.classes("
    mean = "        image = image - image.mean(0, keepdim=True)\n"
    workspace.write("digits.py", making.DIGITS.replace(forward, mean + forward))
    code, said = workspace.run_until("publish")
    assert code == 0, said
    assert said
    told = contract.FullReport.model_validate_json((workspace.places.artifact / "report.json").read_bytes())
    signature = contract.Signature.model_validate_json((workspace.places.artifact / "signature.json").read_bytes())
    assert not told.batchable
    assert not signature.batchable
    assert told.notes == said.notes == [summing_up.NEIGHBOURS, summing_up.STAND_IN]
    assert told.candidates[0].drops[contract.Metric.ACCURACY].mode == contract.Mode.ALONE


def test_safetensors_weights_are_built_too(workspace: making.Workspace) -> None:
    import safetensors.torch
    import torch

    state = torch.load(workspace.places.source / "digits.pt", weights_only=True)
    safetensors.torch.save_file(state, workspace.places.source / "digits.safetensors")
    workspace.ask(format="safetensors", weights="digits.safetensors")
    code, report = workspace.run_until("publish")
    assert code == contract.ExitCode.DONE, report


def test_a_model_without_an_evaluation_set_is_built_with_made_up_golden_requests(workspace: making.Workspace) -> None:
    workspace.ask(evaluation=None)
    code, report = workspace.run_until("publish")
    assert (code, report and report.metrics) == (0, {})
    golden = np.load(workspace.places.artifact / "golden.npz")
    assert golden["input.image"].shape == (8, 1, 1, 8, 8)
