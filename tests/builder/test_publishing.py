import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import making
from model_builder import contract, digests, storage
from model_builder.publishing import pvc

PLAN = digests.of_bytes(b"plan")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "files").mkdir(parents=True)
    (folder / "files/model.onnx").write_bytes(bytes(range(256)))
    (folder / "report.json").write_text("{}")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def left(store: Path) -> list[str]:
    return [path.name for path in (store / ".incoming").iterdir()]


def test_a_published_artifact_verifies(store: Path, files: Path) -> None:
    assert pvc.verify(store, pvc.publish(store, files, PLAN))


def test_publishing_leaves_nothing_but_the_artifact_and_its_plan(store: Path, files: Path) -> None:
    digest = pvc.publish(store, files, PLAN)
    assert (left(store), pvc.find(store, PLAN)) == ([], digest)


@pytest.mark.parametrize("place", [0, 100, 255])
def test_one_changed_byte_is_found(store: Path, files: Path, place: int) -> None:
    digest = pvc.publish(store, files, PLAN)
    path = pvc.artifact(store, digest) / "files/model.onnx"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert not pvc.verify(store, digest)
    assert pvc.find(store, PLAN) is None


def test_a_changed_manifest_is_found(store: Path, files: Path) -> None:
    digest = pvc.publish(store, files, PLAN)
    path = pvc.artifact(store, digest) / digests.MANIFEST
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert not pvc.verify(store, digest)


def test_a_missing_file_is_found(store: Path, files: Path) -> None:
    digest = pvc.publish(store, files, PLAN)
    (pvc.artifact(store, digest) / "report.json").unlink()
    assert not pvc.verify(store, digest)


def test_a_missing_artifact_does_not_verify(store: Path) -> None:
    assert not pvc.verify(store, PLAN)


def test_a_plan_that_names_no_digest_is_not_found(store: Path) -> None:
    storage.write(pvc.plan_file(store, PLAN), b"../../etc\n")
    assert pvc.find(store, PLAN) is None


def test_a_crash_before_the_rename_leaves_no_artifact(
    store: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pvc, "place", crash)
    with pytest.raises(KeyboardInterrupt):
        pvc.publish(store, files, PLAN)
    assert not (store / "artifacts").exists()
    assert pvc.find(store, PLAN) is None


def test_a_crash_after_the_rename_leaves_a_whole_artifact(
    store: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pvc, "remember", crash)
    with pytest.raises(KeyboardInterrupt):
        pvc.publish(store, files, PLAN)
    [folder] = (store / "artifacts").iterdir()
    assert pvc.verify(store, f"sha256:{folder.name}")


def test_an_equal_artifact_stays_as_it_is(store: Path, files: Path) -> None:
    digest = pvc.publish(store, files, PLAN)
    before = pvc.artifact(store, digest).stat().st_ino
    assert pvc.publish(store, files, digests.of_bytes(b"another plan")) == digest
    assert (pvc.artifact(store, digest).stat().st_ino, left(store)) == (before, [])


def test_a_damaged_artifact_is_replaced(store: Path, files: Path) -> None:
    digest = pvc.publish(store, files, PLAN)
    (pvc.artifact(store, digest) / "report.json").unlink()
    assert pvc.publish(store, files, PLAN) == digest
    assert pvc.verify(store, digest)


def test_two_builds_of_one_plan_at_once_leave_one_artifact(
    store: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = pvc.publish(store, files, PLAN)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the other's rename comes between the look and ours
    assert pvc.publish(store, files, PLAN) == digest
    assert (pvc.verify(store, digest), left(store)) == (True, [])


def test_leftovers_of_yesterday_are_removed_and_those_of_today_stay(store: Path, files: Path) -> None:
    for name, age in (("old", 2 * pvc.ABANDONED), ("new", 0)):
        folder = storage.folder(store / ".incoming" / name)
        (folder / "model.onnx").write_bytes(b"half")
        os.utime(folder, (time.time() - age, time.time() - age))
    pvc.publish(store, files, PLAN)
    assert left(store) == ["new"]


def test_a_full_store_is_named_and_worth_another_try(again: making.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/modelsmith/store/.incoming/0/files/model.onnx")

    forget(again)
    monkeypatch.setattr(storage, "copy", full)
    code, report = again.run("publish")
    assert report
    assert report.failure
    assert (code, report.failure.reason) == (contract.ExitCode.STORE_FULL, contract.FailureReason.STORE_FULL)
    assert "No space left on device while writing /modelsmith/store" in report.failure.message


@pytest.mark.parametrize("harm", [lambda artifact: (artifact / "signature.json").unlink(), shutil.rmtree])
def test_an_incomplete_artifact_is_not_published(again: making.Workspace, harm: Callable[[Path], None]) -> None:
    forget(again)
    harm(again.places.artifact)
    code, _ = again.run("publish")
    assert code == contract.ExitCode.INTERNAL
    assert not (again.store / "artifacts").exists()


def forget(workspace: making.Workspace) -> None:
    """Empty the store."""
    shutil.rmtree(workspace.store)
