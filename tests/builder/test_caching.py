"""What was built before is not built again."""

import shutil
from pathlib import Path

from builder import making
from model_builder import contract


def artifact(workspace: making.Workspace) -> Path:
    [folder] = (workspace.store / "artifacts").iterdir()
    return folder


def test_the_same_plan_is_answered_from_the_store(again: making.Workspace) -> None:
    for made in (again.places.converted, again.places.optimized):
        shutil.rmtree(made)
    code, report = again.run_until("publish")
    assert report
    assert (code, report.cache_hit) == (contract.ExitCode.DONE, True)
    assert not again.places.converted.exists()
    assert not again.places.optimized.exists()


def test_a_report_from_the_store_says_the_same(built: making.Workspace, again: making.Workspace) -> None:
    first = contract.Report.model_validate_json(built.places.termination_log.read_bytes())
    _, second = again.run_until("publish")
    assert second == first.model_copy(update={"cache_hit": True})


def test_another_evaluation_set_is_another_plan(again: making.Workspace) -> None:
    again.ask(evaluation={"data": {"file": "test.npz"}, "metrics": ["accuracy"]})
    assert not resolution(again).cached


def test_other_weights_are_another_plan(again: making.Workspace) -> None:
    path = again.places.source / "digits.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert not resolution(again).cached


def test_a_damaged_artifact_is_built_again(again: making.Workspace) -> None:
    damage(artifact(again) / "files/model.onnx")
    code, report = again.run_until("publish")
    assert report
    assert (code, report.cache_hit) == (contract.ExitCode.DONE, False)
    assert resolution(again).cached


def test_without_a_store_nothing_is_cached(again: making.Workspace) -> None:
    shutil.rmtree(again.store)
    assert not resolution(again).cached


def resolution(workspace: making.Workspace) -> contract.Resolution:
    assert workspace.run("fetch")[0] == 0
    return contract.Resolution.model_validate_json(workspace.places.resolution.read_bytes())


def damage(path: Path) -> None:
    """Change one byte."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
