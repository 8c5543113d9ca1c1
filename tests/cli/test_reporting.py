import json
import os
import subprocess
import sys

import pytest

from builder import reports_made
from model_builder.reporting import html
from modelsmith import __main__ as command_line
from serving import processes


def write(folder, report):
    """What a build leaves of its report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=2) + "\n")
    (folder / "report.html").write_text(html.page(report))
    return folder


@pytest.fixture
def artifact(tmp_path):
    return write(tmp_path / "artifact", reports_made.digits())


@pytest.fixture
def report(monkeypatch, capsys):
    """Run the verb; exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["modelsmith", "report", *map(str, arguments)])
        code = command_line.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


APART = f"""
import sys
sys.path[:0] = {[str(processes.ROOT / folder) for folder in ("cli", "model-builder")]!r}
from modelsmith import __main__
code = __main__.main()
heavy = {{"torch", "onnx", "onnxruntime", "numpy", "scipy", "jinja2", "tritonclient"}} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""


def run_apart(*arguments, **environment):
    """The verb in a process of its own, in which BROWSER and PATH are what a test says."""
    return subprocess.run(
        [sys.executable, "-c", APART, "report", *map(str, arguments)],
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
        env={**{name: value for name, value in os.environ.items() if name != "DISPLAY"}, **environment},
    ).stdout


@pytest.fixture
def browser(tmp_path):
    """A program that notes what it is asked to open."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {tmp_path / "opened"}\n')
    program.chmod(0o755)
    return program


def test_it_opens_the_page_in_the_browser_and_needs_no_heavy_library(artifact, browser, tmp_path):
    output = run_apart(artifact, BROWSER=str(browser))
    assert (tmp_path / "opened").read_text().strip() == (artifact / "report.html").as_uri()
    assert f"The report: {artifact / 'report.html'}\n" in output


def test_without_a_browser_it_says_so_and_where_the_page_is(artifact, tmp_path):
    output = run_apart(artifact, BROWSER="", PATH=str(tmp_path / "nothing"))
    assert f"No browser could be opened on this machine. The report: {artifact / 'report.html'}\n" in output


def test_no_browser_opens_nothing(artifact, browser, tmp_path):
    run_apart(artifact, "--no-browser", BROWSER=str(browser))
    assert not (tmp_path / "opened").exists()


def test_the_figures_are_on_the_terminal(report, artifact):
    code, output, _ = report(artifact, "--no-browser")
    assert code == 0
    for words in (
        "int8 serves: int8Static passed, 1 candidate judged\n",
        "1. int8Static: passed\n   accuracy 0.991 against 0.991 of the original",
        "accuracy  0.991 (0.977 to 0.997) of 450 samples, the original 0.991\n",
        "delta     0 pt, at most -1 pt allowed (samples worse: 1, better: 1)\n",
        "size      99.6 kB, 27% of the float graph's 369.0 kB\n",
        "speed-up  1.63x (1.58 to 1.68), 20 rounds on Intel Xeon",
    ):
        assert words in output


def test_every_step_of_the_ladder_is_told_with_its_reason(report, tmp_path):
    _, output, _ = report(write(tmp_path, reports_made.fallen()), "--no-browser")
    assert output.startswith("float32 serves: none passed, 3 candidates judged\n")
    assert "1. int8Static: failed\n   accuracy 0.969 against 0.991 of the original: 2.2 points below" in output
    assert "2. fp16: refused\n   on a CPU half precision" in output
    assert "speed-up  none: it is the float graph itself\n" in output


def test_what_was_not_measured_is_called_so(report, tmp_path):
    _, output, _ = report(write(tmp_path / "gpu", reports_made.on_gpu()), "--no-browser")
    assert "speed-up  not measured on the target\n" in output
    _, output, _ = report(write(tmp_path / "none", reports_made.unevaluated()), "--no-browser")
    assert "accuracy  not measured: no evaluation set was named\n" in output


def test_a_message_cannot_steer_the_terminal(report, tmp_path):
    hostile = reports_made.digits(candidates=[reports_made.int8(message="\x1b[2J\x07gone")])
    _, output, _ = report(write(tmp_path, hostile), "--no-browser")
    assert "[2J" in output
    assert "\x1b" not in output
    assert "\x07" not in output


@pytest.mark.parametrize("named", ["", "report.json", "report.html"])
def test_an_artifact_is_named_by_its_directory_or_a_file_of_it(report, artifact, named):
    code, output, _ = report(artifact / named, "--no-browser")
    assert code == 0
    assert str(artifact / "report.html") in output


def test_the_current_directory_is_meant_where_nothing_is_said(report, artifact, monkeypatch):
    monkeypatch.chdir(artifact)
    code, output, _ = report("--no-browser")
    assert code == 0
    assert str(artifact / "report.html") in output


def test_a_build_is_found_in_the_store_that_it_wrote(report, tmp_path):
    folder = write(tmp_path / "artifacts" / ("a" * 64), reports_made.digits())
    write(tmp_path / ".incoming" / "half", reports_made.digits())
    _, output, _ = report(tmp_path, "--no-browser")
    assert str(folder / "report.html") in output


def test_json_is_the_file_and_nothing_else(report, artifact):
    _, output, _ = report(artifact, "--json")
    assert output == (artifact / "report.json").read_text()


def test_a_report_without_its_page_is_told_all_the_same(report, artifact):
    (artifact / "report.html").unlink()
    code, output, _ = report(artifact)
    assert code == 0
    assert "int8 serves" in output
    assert "There is no report.html beside" in output


def changed(artifact, **values):
    """report.json with other values."""
    file = artifact / "report.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_several_builds_are_named(report, tmp_path):
    for name in ("first", "second"):
        write(tmp_path / name, reports_made.digits())
    code, _, errors = report(tmp_path)
    assert code == 1
    assert f"holds 2 reports, name one of them: {tmp_path / 'first'}, {tmp_path / 'second'}\n" in errors


@pytest.mark.parametrize(
    ("damage", "named", "words"),
    [
        (lambda _: None, "nowhere", "nowhere is not there: name an artifact's directory"),
        (
            lambda folder: (folder / "files").mkdir(),
            "files",
            "files holds no report.json: name an artifact's directory",
        ),
        (lambda folder: (folder / "model.onnx").touch(), "model.onnx", "is no report: name a report.json"),
        (lambda folder: (folder / "report.json").unlink(), "report.html", "has no report.json beside it"),
        (lambda folder: (folder / "report.json").write_text("{"), "", "is no report: it is not JSON"),
        (lambda folder: (folder / "report.json").write_bytes(b"\xff\xfe"), "", "is no report: it is not JSON"),
        (lambda folder: (folder / "report.json").write_text("[]"), "", "is no report: Input should be an object"),
        (lambda folder: changed(folder, schemaVersion=99), "", "was written by a newer Modelsmith (schema version 99"),
        (lambda folder: changed(folder, schemaVersion=1), "", "was written by an older Modelsmith (schema version 1"),
        (
            lambda folder: changed(folder, floatSize="big"),
            "",
            "is no report: floatSize: Input should be a valid integer",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line_with_what_to_do(report, artifact, damage, named, words):
    damage(artifact)
    code, output, errors = report(artifact / named)
    assert code == 1
    assert not output
    assert words in errors
    assert errors.count("\n") == 1
