"""`modelsmith build`: the real steps, as processes, beside a real server."""

import base64
import os
import shutil
import signal

import pytest

from cli import runs
from model_builder import digests
from model_serving import artifacts
from modelsmith import errors, reports
from modelsmith.local import environments

FACTORY = """\
import os


def build():
    raise ValueError(" ".join(sorted(os.environ)) + " in " + os.environ["HOME"])
"""


@pytest.fixture(scope="module")
def failed(machine, tmp_path_factory):
    """A build whose factory fails, and says what it found in its environment."""
    folder = tmp_path_factory.mktemp("failing")
    source = shutil.copytree(machine.source, folder / "model")
    (source / "digits.py").write_text(FACTORY)
    return machine.run("build", "-f", machine.file, "--source", source, "--out", folder / "out"), folder


def test_the_artifact_is_left_whole(built):
    _, out = built
    artifacts.verify(out / "artifact", digests.of_file(out / "artifact" / digests.MANIFEST))
    assert (out / "report.html").read_bytes() == (out / "artifact/report.html").read_bytes()


def test_the_artifact_can_be_changed_by_its_owner(built):
    _, out = built
    assert all(path.stat().st_mode & 0o200 for path in (out / "artifact").rglob("*"))


def test_the_ladder_the_figures_and_where_they_lie_are_said(built):
    done, out = built
    assert "1. none: passed" in done.stdout
    assert "accuracy  0.075" in done.stdout
    assert f"artifact  {out}/artifact" in done.stdout
    assert f"report    {out}/report.html" in done.stdout


def test_progress_is_a_line_a_step_and_no_part_of_the_result(built):
    done, _ = built
    assert [line.split()[0] for line in done.stderr.splitlines() if line.endswith("...")] == [
        "fetch",
        "convert",
        "optimize",
        "publish",
    ]
    assert "convert" not in done.stdout


def test_a_server_was_asked_about_it(built):
    _, report = reports.read(built[1] / "artifact/report.json")
    assert report.versions.triton == "2.51.0"


def test_the_development_server_is_called_what_it_is(built):
    assert "this is the DEVELOPMENT server" in built[0].stderr


def test_an_unchanged_model_is_found_in_the_store(machine, built):
    done = machine.build(built[1])
    assert done.returncode == 0, done.stderr
    assert "found in the store, built before" in done.stdout
    assert "convert" not in done.stderr
    assert done.stdout.splitlines()[-3:] == built[0].stdout.splitlines()[-3:]


def test_the_same_files_from_a_config_map_in_the_file_are_the_same_model(machine, built, tmp_path):
    files = {
        path.name: base64.b64encode(path.read_bytes()).decode() for path in machine.source.iterdir() if path.is_file()
    }
    config_map = {"kind": "ConfigMap", "metadata": {"name": "tiny-model"}, "binaryData": files}
    file = runs.write(tmp_path / "all.yaml", config_map, runs.document())
    assert "found in the store" in machine.run("build", "-f", file, "--out", tmp_path / "out").stdout


def test_the_path_on_a_claim_is_below_the_source(machine, built, tmp_path):
    document = runs.document()
    document["spec"]["model"]["source"] = {"pvc": {"claimName": "models", "path": machine.source.name}}
    file = runs.write(tmp_path / "claim.yaml", document)
    done = machine.run("build", "-f", file, "--source", machine.source.parent, "--out", tmp_path / "out")
    assert "found in the store" in done.stdout, done.stderr


def test_without_the_check_it_is_another_store(machine, built, tmp_path):
    done = machine.build(tmp_path / "out", "--no-check", "--verbose")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("built, in ")
    assert "no Triton check was asked for" in done.stderr
    assert reports.read(tmp_path / "out/artifact/report.json")[1].versions.triton is None


def test_a_failed_build_is_told_by_reason_field_and_step(failed):
    done, _ = failed
    assert done.returncode == 1
    assert "modelsmith build: convert failed: FactoryFailed (spec.model.architecture.factory): " in done.stderr
    assert done.stderr.splitlines()[-1].endswith(".")


def test_a_failed_build_leaves_nothing(machine, failed):
    _, folder = failed
    assert not (folder / "out").exists()
    assert machine.left() == machine.processes() == []


def test_the_models_code_finds_no_credentials_and_no_home(machine, failed):
    done, _ = failed
    assert "PATH" in done.stderr
    assert runs.SECRET not in done.stderr
    assert f" in {machine.local}/work/" in done.stderr


def test_a_file_that_is_missing_in_the_source_is_named(machine, tmp_path):
    source = shutil.copytree(machine.source, tmp_path / "model")
    (source / "test.npz").unlink()
    done = machine.run("build", "-f", machine.file, "--source", source, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "fetch failed: SourceMissing (spec.build.evaluation.data.file): " in done.stderr


def test_a_step_that_is_killed_is_told_with_what_it_said_last(machine, tmp_path):
    source = shutil.copytree(machine.source, tmp_path / "model")
    (source / "digits.py").write_text("import os\n\n\ndef build():\n    os.kill(os.getpid(), 9)\n")
    done = machine.run("build", "-f", machine.file, "--source", source, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "convert was ended by SIGKILL, as when the machine runs out of memory, and left no report" in done.stderr
    assert "  convert: loading digits.pt into digits:build" in done.stderr


@pytest.mark.parametrize("name", ["notes.txt", "report.html"])
def test_a_folder_with_other_things_is_refused_and_left_alone(machine, tmp_path, name):
    (tmp_path / name).write_text("mine")
    done = machine.build(tmp_path)
    assert done.returncode == 1
    assert f"holds other things than the result of a build ({name})" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_server_that_is_not_there_is_told_before_anything_is_built(machine, tmp_path):
    done = machine.build(tmp_path / "out", "--tritonserver", "/absent/tritonserver")
    assert done.returncode == 1
    assert done.stderr == "modelsmith build: --tritonserver /absent/tritonserver: there is no such program\n"


def test_packages_that_are_not_installed_are_named_with_the_command():
    with pytest.raises(errors.SaidError, match=r"has no absent_one: .*pip install 'modelsmith\[builder,serving,cli\]'"):
        environments.require(["numpy", "absent_one"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_leaves_nothing(machine, tmp_path, number, code):
    with changed(machine, tmp_path) as run:
        run.until("convert ...")
        assert run.end(number) == code
        assert run.log.read_text().endswith("interrupted: nothing of it is left\n")
    assert machine.processes() == machine.left() == []
    assert not (tmp_path / "out").exists()


def test_what_a_killed_run_leaves_is_ended_by_the_kernel_and_swept_by_the_next(machine, built, tmp_path):
    with changed(machine, tmp_path) as run:
        run.until("convert ...")
        runs.until(machine.processes)
        run.end(signal.SIGKILL)
    runs.until(lambda: not machine.processes())
    assert machine.left()
    assert machine.build(tmp_path / "out").returncode == 0
    assert machine.left() == []


def test_a_terminal_sees_a_bar_a_step(machine, built, tmp_path):
    leader, follower = os.openpty()
    arguments = ["-f", machine.file, "--source", machine.source, "--out", tmp_path / "out"]
    done = runs.subprocess.run(
        machine.command("build", arguments),
        env={**machine.environment, "TERM": "xterm", "COLUMNS": "100"},
        stdout=runs.subprocess.DEVNULL,
        stderr=follower,
        timeout=runs.PATIENCE,
        check=False,
    )
    os.close(follower)
    shown = os.read(leader, 1 << 20).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "✓ publish" in shown


def changed(machine, folder):
    """A build that runs: of a model that no store has, and that takes its time."""
    source = shutil.copytree(machine.source, folder / "model")
    with (source / "digits.py").open("a") as file:
        file.write(f"\n# {folder}\nimport time\n\ntime.sleep(60)\n")
    return machine.running(folder / "log", "build", "-f", machine.file, "--source", source, "--out", folder / "out")
