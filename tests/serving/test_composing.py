import json

import pytest

from model_serving import artifacts, compose, composing
from serving import artifacts_made

#: Every file of an artifact.
WHOLE = [
    "files/model.onnx",
    "files/model.onnx.data",
    "golden.npz",
    "manifest.sha256",
    "report.html",
    "report.json",
    "requires.json",
    "signature.json",
]


@pytest.fixture
def artifact(tmp_path):
    return tmp_path / "artifact"


@pytest.fixture
def serving(artifact):
    return artifacts_made.serving(artifacts_made.make(artifact))


def run(monkeypatch, tmp_path, text):
    monkeypatch.setenv("MODELSMITH_SETTINGS", text)
    log = tmp_path / "termination-log"
    code = composing.main(
        [f"--artifact={tmp_path / 'artifact'}", f"--repository={tmp_path / 'repository'}", f"--termination-log={log}"]
    )
    return code, json.loads(log.read_text()) if log.exists() else None


def test_the_repository_has_the_configuration_and_a_link_to_the_files(artifact, serving, tmp_path):
    model = compose.write(artifact, tmp_path / "repository", serving)
    assert model == tmp_path / "repository/tiny"
    assert sorted(path.name for path in model.iterdir()) == ["1", "config.pbtxt", "warmup"]
    assert (model / "1").readlink() == artifact / "files"


def test_composing_again_gives_the_same(artifact, serving, tmp_path):
    first = (compose.write(artifact, tmp_path / "repository", serving) / "config.pbtxt").read_bytes()
    assert (compose.write(artifact, tmp_path / "repository", serving) / "config.pbtxt").read_bytes() == first


def whole(artifact):
    """An artifact with everything that the builder puts into one; its digest."""
    artifacts_made.make(artifact)
    (artifact / "files/model.onnx.data").write_bytes(bytes(100))
    (artifact / "report.json").write_text('{"schemaVersion": 2}')
    (artifact / "report.html").write_text("<!doctype html><title>report</title>")
    return artifacts_made.seal(artifact)


#: Where the byte lies does not matter to a digest; the ends are where a check by blocks would go wrong.
PLACES = {"first": 0, "middle": 0.5, "last": 1}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", WHOLE)
def test_one_changed_byte_in_any_file_is_never_served(artifact, tmp_path, name, place):
    serving = artifacts_made.serving(whole(artifact))
    content = bytearray((artifact / name).read_bytes())
    content[int(PLACES[place] * (len(content) - 1))] ^= 1
    (artifact / name).write_bytes(content)
    with pytest.raises(artifacts.ArtifactError, match=rf"{name} is not the file that was built|manifest has digest"):
        compose.write(artifact, tmp_path / "repository", serving)
    assert not (tmp_path / "repository").exists()


def test_any_file_is_any_file(artifact, tmp_path):
    serving = artifacts_made.serving(whole(artifact))
    found = sorted(path.relative_to(artifact).as_posix() for path in artifact.rglob("*") if path.is_file())
    assert found == WHOLE
    assert compose.write(artifact, tmp_path / "repository", serving)


def test_a_longer_file_is_never_served(artifact, serving, tmp_path):
    with (artifact / "files/model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(artifacts.ArtifactError, match=r"files/model\.onnx is not the file that was built"):
        compose.write(artifact, tmp_path / "repository", serving)


def test_a_file_and_manifest_changed_together_are_never_served(artifact, serving, tmp_path):
    (artifact / "files/model.onnx").write_bytes(b"other")
    artifacts_made.seal(artifact)
    with pytest.raises(artifacts.ArtifactError, match=f"but {serving.artifact} is to be served"):
        compose.write(artifact, tmp_path / "repository", serving)


def test_a_missing_file_is_named(artifact, serving, tmp_path):
    (artifact / "files/model.onnx").unlink()
    with pytest.raises(artifacts.ArtifactError, match=r"model\.onnx cannot be read: No such file"):
        compose.write(artifact, tmp_path / "repository", serving)


def test_a_file_that_no_digest_covers_is_never_served(artifact, serving, tmp_path):
    (artifact / "files/config.pbtxt").write_text("")
    with pytest.raises(artifacts.ArtifactError, match=r"manifest does not list: files/config\.pbtxt"):
        compose.write(artifact, tmp_path / "repository", serving)


def test_a_manifest_cannot_lead_out_of_the_artifact(artifact, tmp_path):
    manifest = b"0" * 64 + b"  ../secret\n"
    (artifact).mkdir()
    (artifact / "manifest.sha256").write_bytes(manifest)
    digest = artifacts.digests.of_bytes(manifest)
    with pytest.raises(artifacts.ArtifactError, match=r"a path outside of it: \.\./secret"):
        compose.write(artifact, tmp_path / "repository", artifacts_made.serving(digest))


def test_the_container_ends_well(monkeypatch, tmp_path, serving):
    assert run(monkeypatch, tmp_path, serving.model_dump_json()) == (0, None)


def test_its_last_words_name_a_changed_artifact(monkeypatch, tmp_path, artifact, serving, capsys):
    (artifact / "files/model.onnx").write_bytes(b"other")
    code, words = run(monkeypatch, tmp_path, serving.model_dump_json())
    assert (code, words["reason"]) == (1, "ArtifactInvalid")
    assert words["message"].startswith("files/model.onnx is not the file that was built")
    assert "ArtifactInvalid: files/model.onnx" in capsys.readouterr().err


def test_its_last_words_name_settings_that_cannot_be_read(monkeypatch, tmp_path):
    code, words = run(monkeypatch, tmp_path, "{}")
    assert (code, words["reason"]) == (1, "SettingsInvalid")


def test_last_words_fit_a_termination_message(tmp_path, monkeypatch, serving):
    monkeypatch.setattr(compose, "write", lambda *_: (_ for _ in ()).throw(OSError("\u2603" * 10_000)))
    code, words = run(monkeypatch, tmp_path, serving.model_dump_json())
    assert (code, words["reason"]) == (1, "ComposeFailed")
    assert len((tmp_path / "termination-log").read_bytes()) <= 4096


def test_a_termination_log_that_cannot_be_written_does_not_hide_the_reason(monkeypatch, tmp_path, capsys):
    (tmp_path / "termination-log").mkdir()
    monkeypatch.setenv("MODELSMITH_SETTINGS", "{}")
    assert composing.main([f"--termination-log={tmp_path / 'termination-log'}"]) == 1
    assert "SettingsInvalid" in capsys.readouterr().err


def test_threads_come_beside_the_settings(monkeypatch, tmp_path, serving):
    monkeypatch.setenv("MODELSMITH_THREADS", "3")
    assert run(monkeypatch, tmp_path, serving.model_dump_json(exclude={"threads"})) == (0, None)
    assert 'key: "intra_op_thread_count"' in (tmp_path / "repository/tiny/config.pbtxt").read_text()


def test_an_overlay_that_does_not_fit_is_named(monkeypatch, tmp_path, artifact):
    warmup = {"name": "a", "inputs": {"picture": {"data_type": "TYPE_FP32", "dims": [4], "zero_data": True}}}
    serving = artifacts_made.serving(artifacts_made.make(artifact), overlay={"model_warmup": [warmup]})
    code, words = run(monkeypatch, tmp_path, serving.model_dump_json(by_alias=True, exclude_none=True))
    assert (code, words["reason"]) == (1, "ArtifactUnsuitable")
    assert words["message"].startswith("spec.serving.modelConfig.model_warmup: a has the inputs picture")
