import os
import time
from pathlib import Path

import pytest

from builder import making
from model_builder import contract, digests

REASONS = contract.FailureReason


def as_configmap(workspace: making.Workspace) -> None:
    """Lay the source out as the kubelet mounts a ConfigMap."""
    mount = workspace.places.source
    data = mount / "..2026_01_02"
    data.mkdir()
    for file in [path for path in mount.iterdir() if path.is_file()]:
        file.rename(data / file.name)
        file.symlink_to(Path("..data") / file.name)
    (mount / "..data").symlink_to(data.name)


def resolution(workspace: making.Workspace) -> contract.Resolution:
    code, report = workspace.run("fetch")
    assert code == 0, report
    return contract.Resolution.model_validate_json(workspace.places.resolution.read_bytes())


def of_source(folder: Path) -> str:
    return digests.of_files({path.name: digests.of_file(path) for path in folder.iterdir() if path.is_file()})


def test_the_plan_names_weights_code_and_data_by_content(workspace: making.Workspace) -> None:
    workspace.write("readme.md", "no part of the build")
    expected = {
        name: digests.of_file(workspace.places.source / name) for name in ("digits.pt", "digits.py", "test.npz")
    }
    assert resolution(workspace).plan.files == expected


def test_every_file_of_the_plan_is_copied_for_other_users_to_read(workspace: making.Workspace) -> None:
    for name, digest in resolution(workspace).plan.files.items():
        copy = workspace.places.files / name
        assert (digests.of_file(copy), copy.stat().st_mode & 0o777) == (digest, 0o644)


def test_a_configmap_is_read_through_its_links(workspace: making.Workspace) -> None:
    plain = resolution(workspace).plan_digest
    as_configmap(workspace)
    assert resolution(workspace).plan_digest == plain


def test_modules_in_folders_are_code_too(workspace: making.Workspace) -> None:
    workspace.write("layers/__init__.py", "")
    workspace.write("layers/heads.py", "")
    assert {"layers/__init__.py", "layers/heads.py"} < set(resolution(workspace).plan.files)


def test_paths_are_relative_to_the_source_root(workspace: making.Workspace) -> None:
    inner = workspace.places.source / "models" / "digits"
    inner.mkdir(parents=True)
    for name in ("digits.pt", "digits.py", "test.npz"):
        (workspace.places.source / name).rename(inner / name)
    workspace.ask(sourceRoot="models/digits")
    assert set(resolution(workspace).plan.files) == {"digits.pt", "digits.py", "test.npz"}


def test_where_the_source_lies_does_not_change_the_plan(workspace: making.Workspace) -> None:
    plain = resolution(workspace).plan_digest
    workspace.ask(sourceDigest=of_source(workspace.places.source))
    assert resolution(workspace).plan_digest == plain


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weights": "other.pt"}, "spec.model.weights"),
        ({"architecture": {"factory": "other:build"}}, "spec.model.architecture.factory"),
        ({"evaluation": {"data": {"file": "other.npz"}}}, "spec.build.evaluation.data.file"),
    ],
)
def test_a_missing_file_is_named_with_its_field(
    workspace: making.Workspace, changes: dict[str, object], field: str
) -> None:
    workspace.ask(**changes)
    failure = workspace.failure("fetch")
    assert (failure.reason, failure.field) == (REASONS.SOURCE_MISSING, field)
    assert "other." in failure.message


def test_a_missing_file_is_told_with_those_that_are_there(workspace: making.Workspace) -> None:
    workspace.ask(weights="other.pt")
    assert "digits.pt, digits.py, test.npz" in workspace.failure("fetch").message


def test_a_source_of_many_files_is_not_listed_whole(workspace: making.Workspace) -> None:
    for number in range(100):
        workspace.write(f"part-{number:03}.bin", "")
    workspace.ask(weights="other.pt")
    assert "and 84 more" in workspace.failure("fetch").message


def test_a_missing_file_is_no_reason_to_try_again(workspace: making.Workspace) -> None:
    workspace.ask(weights="other.pt")
    assert workspace.run("fetch")[0] == contract.ExitCode.REJECTED


def test_a_link_out_of_the_source_is_refused(workspace: making.Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.pt").write_bytes(b"not yours")
    (workspace.places.source / "link.pt").symlink_to(tmp_path / "secret.pt")
    workspace.ask(weights="link.pt")
    failure = workspace.failure("fetch")
    assert (failure.reason, failure.field) == (REASONS.SOURCE_MISSING, "spec.model.weights")
    assert "leads out of the source" in failure.message


def test_a_source_root_outside_of_the_source_is_refused(workspace: making.Workspace) -> None:
    workspace.ask(sourceRoot="../store")
    assert workspace.failure("fetch").reason == REASONS.SOURCE_MISSING


def test_a_loop_of_links_ends(workspace: making.Workspace) -> None:
    (workspace.places.source / "loop").symlink_to(".")
    assert set(resolution(workspace).plan.files) >= {"digits.pt", "digits.py"}


def test_a_source_that_is_what_was_asked_is_taken(workspace: making.Workspace) -> None:
    workspace.ask(sourceDigest=of_source(workspace.places.source))
    as_configmap(workspace)
    assert resolution(workspace).plan.request.source_digest


def test_a_source_that_changed_is_tried_again(workspace: making.Workspace) -> None:
    workspace.ask(sourceDigest=of_source(workspace.places.source))
    workspace.write("unrelated.txt", "new")
    code, report = workspace.run("fetch")
    assert report
    assert report.failure
    assert (code, report.failure.reason) == (contract.ExitCode.TRANSIENT, REASONS.SOURCE_CHANGED)


def test_a_request_that_is_none_is_a_defect_of_ours(workspace: making.Workspace) -> None:
    workspace.places.request.write_text('{"model": 3}')
    code, report = workspace.run("fetch")
    assert report
    assert report.failure
    assert (code, report.failure.reason) == (contract.ExitCode.INTERNAL, REASONS.INTERNAL_ERROR)


def test_times_of_files_do_not_change_the_plan(workspace: making.Workspace) -> None:
    plain = resolution(workspace).plan_digest
    for file in workspace.places.source.iterdir():
        os.utime(file, (time.time() - 1000, time.time() - 1000))
    assert resolution(workspace).plan_digest == plain
