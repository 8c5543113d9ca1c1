"""gc: what is needed, young or unknown stays; all else goes, whoever builds meanwhile."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

import registries
from builder import making
from model_builder import __main__ as command
from model_builder import contract, digests, errors, storage
from model_builder.collecting import folders
from model_builder.publishing import oci, pvc, stores
from model_serving.registries import connecting
from model_serving.registries import errors as registry_errors

NOW = time.time()
OLD = NOW - 86_400
HOUR_AGO = NOW - 3600


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return storage.folder(tmp_path / "list")


def publish(store: Path, content: str, age: float = OLD) -> contract.Digest:
    """An artifact as a build leaves it, last touched then."""
    source = store.parent / f"made-{content}"
    (source / "files").mkdir(parents=True, exist_ok=True)
    (source / "files/model.onnx").write_text(content)
    (source / "report.json").write_text("{}")
    digest = pvc.publish(store, source, plan(content))
    os.utime(pvc.artifact(store, digest), (age, age))
    return digest


def plan(content: str) -> contract.Digest:
    return digests.of_bytes(content.encode())


def keep(listed: Path, *lines: str, run: str = "1") -> None:
    (listed / "keep").write_text("".join(f"{line}\n" for line in lines))
    (listed / "run").write_text(run)


def gc(store: Path, listed: Path, run: str = "1", before: str = "") -> int:
    """The command line, as the Job has it."""
    before = before or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(HOUR_AGO))
    return command.main(["gc", f"--store={store}", f"--list={listed}", f"--run={run}", f"--before={before}"])


def test_what_is_not_on_the_list_goes_with_its_plan(store: Path, listed: Path) -> None:
    needed, other = publish(store, "needed"), publish(store, "other")
    keep(listed, needed, "run-1")
    assert gc(store, listed) == 0
    assert pvc.artifacts(store) == [needed]
    assert pvc.find(store, plan("needed")) == needed
    assert not pvc.plan_file(store, plan("other")).exists()
    assert not pvc.verify(store, other)
    assert list((store / ".incoming").iterdir()) == []


def test_what_a_build_made_or_found_a_moment_ago_stays(store: Path, listed: Path) -> None:
    young = publish(store, "young", NOW)
    keep(listed)
    assert gc(store, listed) == 0
    assert pvc.artifacts(store) == [young]


def test_a_job_that_begins_a_day_late_leaves_what_came_after_its_list(store: Path, listed: Path) -> None:
    """Its pod waited for a node: the time of the list counts, not the time of the deletion."""
    came = publish(store, "came", OLD)
    keep(listed)
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(OLD - 3600))
    assert gc(store, listed, before=before) == 0
    assert pvc.artifacts(store) == [came]


def test_a_list_of_another_run_removes_nothing(store: Path, listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(store, "any")
    keep(listed, run="1")
    assert gc(store, listed, run="2") == contract.ExitCode.TRANSIENT
    assert len(pvc.artifacts(store)) == 1
    assert "run '1'" in capsys.readouterr().err


def test_without_a_list_nothing_is_removed(store: Path, listed: Path) -> None:
    publish(store, "any")
    assert gc(store, listed) == contract.ExitCode.TRANSIENT
    assert len(pvc.artifacts(store)) == 1


def test_an_empty_store_is_collected_at_once(store: Path, listed: Path) -> None:
    keep(listed)
    assert gc(store, listed) == 0


def test_what_is_of_another_name_is_somebodys_own(store: Path, listed: Path, tmp_path: Path) -> None:
    publish(store, "any")
    for path in ("artifacts/notes", "artifacts/" + "A" * 64, "models", "lost+found"):
        storage.folder(store / path)
    (store / "artifacts" / ("b" * 64)).write_text("a file")
    storage.folder(tmp_path / "elsewhere")
    (store / "artifacts" / ("c" * 64)).symlink_to(tmp_path / "elsewhere")
    storage.write(store / "plans/readme", b"x")
    storage.write(pvc.plan_file(store, plan("odd")), b"no digest\n")
    keep(listed)
    assert gc(store, listed) == 0
    left = {path.relative_to(store).as_posix() for path in store.rglob("*") if ".incoming" not in path.parts}
    assert {"artifacts/notes", "artifacts/" + "A" * 64, "models", "lost+found", "plans/readme"} <= left
    assert {"artifacts/" + "b" * 64, "artifacts/" + "c" * 64} <= left
    assert pvc.plan_file(store, plan("odd")).exists()


def test_what_is_touched_while_it_is_moved_is_put_back(
    store: Path, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build finds it between the look and the move."""
    digest = publish(store, "found")
    rename = Path.rename

    def late(self: Path, target: Path) -> Path:
        if self == pvc.artifact(store, digest):
            pvc.touch(store, digest)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    keep(listed)
    assert gc(store, listed) == 0
    assert pvc.verify(store, digest)


def test_one_that_was_built_again_meanwhile_is_not_replaced_by_the_old(store: Path) -> None:
    digest = publish(store, "twice")
    moved = store / ".incoming/gone"
    shutil.copytree(pvc.artifact(store, digest), moved)
    pvc.put_back(moved, pvc.artifact(store, digest))
    assert pvc.verify(store, digest)
    assert not moved.exists()


def test_two_at_once_end_well(store: Path, listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = publish(store, "any")
    found = pvc.artifacts(store)
    monkeypatch.setattr(pvc, "artifacts", lambda _: found)
    keep(listed)
    assert [gc(store, listed), gc(store, listed)] == [0, 0]
    assert not pvc.artifact(store, digest).exists()


@hypothesis.given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6))
@hypothesis.settings(max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_exactly_what_is_old_and_not_needed_goes(tmp_path_factory: pytest.TempPathFactory, ages: list) -> None:
    store = tmp_path_factory.mktemp("any") / "store"
    made = [publish(store, str(index), OLD if old else NOW) for index, (old, _) in enumerate(ages)]
    needed = {digest for digest, (_, wanted) in zip(made, ages, strict=True) if wanted}
    stays = {digest for digest, (old, wanted) in zip(made, ages, strict=True) if wanted or not old}
    listed = storage.folder(store.parent / "list")
    keep(listed, *needed)
    folders.collect(store, listed, "1", HOUR_AGO)
    assert set(pvc.artifacts(store)) == stays
    assert all(pvc.verify(store, digest) for digest in stays)


# builds that meet it


def test_a_build_that_finds_its_artifact_makes_it_young(again: making.Workspace) -> None:
    [digest] = pvc.artifacts(again.store)
    os.utime(pvc.artifact(again.store, digest), (OLD, OLD))
    for step in ("fetch", "publish"):
        code, _ = again.run(step)
        assert code == 0
    assert pvc.artifact(again.store, digest).stat().st_mtime > HOUR_AGO


def test_a_build_whose_artifact_is_removed_before_it_says_so_is_tried_again(again: making.Workspace) -> None:
    code, _ = again.run("fetch")
    assert code == 0
    shutil.rmtree(again.store / "artifacts")
    code, report = again.run("publish")
    assert report
    assert report.failure
    assert (code, report.failure.reason) == (contract.ExitCode.TRANSIENT, contract.FailureReason.ARTIFACT_GONE)


def test_publishing_what_is_there_makes_it_young(store: Path) -> None:
    digest = publish(store, "same")
    pvc.publish(store, store.parent / "made-same", plan("another"))
    assert pvc.artifact(store, digest).stat().st_mtime > HOUR_AGO


# registries


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    with registries.running(tmp_path_factory.mktemp("registry")) as running:
        yield running


def pushed(registry: registries.Registry, folder: Path, content: str) -> stores.Found:
    source = folder / content
    (source / "files").mkdir(parents=True)
    (source / "files/model.onnx").write_text(content)
    (source / "report.json").write_text("{}")
    return oci.OciStore(registry.repository(), plain_http=True).publish(source, plan(content))


def delete(registry: registries.Registry, *artifacts: str) -> int:
    removed = [f"--remove={artifact}" for artifact in artifacts]
    return command.main(["gc", f"--store=oci://{registry.repository()}", "--plain-http", *removed])


def test_in_a_registry_what_is_named_goes_with_its_tags_and_nothing_else(
    registry: registries.Registry, tmp_path: Path
) -> None:
    gone, stays = pushed(registry, tmp_path, "gone"), pushed(registry, tmp_path, "stays")
    assert delete(registry, gone.artifact) == 0
    asked = connecting.Repository(registry.repository(), plain_http=True)
    for name in (oci.tag("artifact", gone.artifact), oci.tag("plan", plan("gone")), gone.reference.split("@")[1]):
        assert asked.resolve(name) is None
    assert oci.OciStore(registry.repository(), plain_http=True).find(plan("stays")) == stays


def test_what_is_gone_already_is_no_failure(registry: registries.Registry, tmp_path: Path) -> None:
    found = pushed(registry, tmp_path, "once")
    assert [delete(registry, found.artifact), delete(registry, found.artifact)] == [0, 0]


def test_an_image_that_is_no_artifact_of_ours_is_left(registry: registries.Registry, tmp_path: Path) -> None:
    found, other = pushed(registry, tmp_path, "mine"), pushed(registry, tmp_path, "theirs")
    asked = connecting.Repository(registry.repository(), plain_http=True)
    asked.put_manifest(oci.tag("artifact", found.artifact), asked.manifest(other.reference.split("@")[1]))
    assert delete(registry, found.artifact) == contract.ExitCode.REJECTED
    assert asked.resolve(other.reference.split("@")[1])


def test_a_registry_that_deletes_nothing_says_so_itself(
    registry: registries.Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise registry_errors.RefusedError("DELETE: 405 UNSUPPORTED: The operation is unsupported.")

    found = pushed(registry, tmp_path, "kept")
    monkeypatch.setattr(connecting.Repository, "delete_manifest", refuse)
    assert delete(registry, found.artifact) == contract.ExitCode.REJECTED
    assert "UNSUPPORTED" in capsys.readouterr().err


def test_a_found_artifact_that_was_deleted_meanwhile_is_worth_another_try(
    registry: registries.Registry, tmp_path: Path
) -> None:
    found = pushed(registry, tmp_path, "fleeting")
    assert delete(registry, found.artifact) == 0
    with pytest.raises(errors.TransientError):
        oci.OciStore(registry.repository(), plain_http=True).keep(found)
