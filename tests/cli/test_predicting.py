import json
import subprocess
import sys

import numpy as np
import pytest

from model_serving import compose
from modelsmith import __main__ as command_line
from serving import artifacts_made, processes

IMAGES = np.arange(24, dtype=np.float32).reshape(6, 4)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "test.npz"
    np.savez(path, image=IMAGES, labels=np.array([2, 0, 2, 2, 2, 2]), pictures=np.eye(4, dtype=np.float32), words=["a"])
    return path


@pytest.fixture
def predict(monkeypatch, capsys):
    """Run the verb; exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["modelsmith", "predict", "--model=tiny", *arguments])
        code = command_line.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(params=["http", "grpc"])
def address(request, shared):
    return [f"--url={shared.url}"] if request.param == "http" else [f"--url={shared.grpc}", "--grpc"]


def test_it_shows_the_outputs_the_top_class_and_the_label(predict, address, file):
    code, output, _ = predict(*address, f"--input=image={file}:3")
    scores = artifacts_made.right(IMAGES[3:4])[0]
    assert code == 0
    assert f"scores float32 [1, 3]: {np.array2string(scores[0], precision=4)}" in output
    assert "top class: 2, and the true label is 2\n" in output
    assert "label int64 [1, 1]: 2" in output


def test_it_says_when_the_model_is_wrong(predict, shared, file):
    _, output, _ = predict(f"--url={shared.url}", f"--input=image={file}:1")
    assert "top class: 2, and the true label is 0: wrong" in output


def test_another_array_can_be_named(predict, shared, file):
    code, output, _ = predict(f"--url={shared.url}", f"--input=image={file}:pictures:1")
    assert code == 0
    assert "[0.3 0.4 0.5]" in output


def test_json_is_for_programs(predict, shared, file):
    _, output, _ = predict(f"--url={shared.url}", f"--input=image={file}", "--json")
    assert set(json.loads(output)) == {"scores", "label"}


def test_a_single_sample_needs_no_batch_axis(predict, shared, tmp_path):
    np.save(tmp_path / "one.npy", np.ones(4))
    code, output, _ = predict(f"--url={shared.url}", f"--input=image={tmp_path / 'one.npy'}")
    assert code == 0
    assert "top class: 2\n" in output


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("image=FILE:9", "image has 6 rows, so row 9 is not there"),
        ("image=FILE:labels", "labels gives shape [1, 6], but the model wants [-1, 4] for its input image"),
        ("image=FILE:words", "words holds <U1, but the model wants float32"),
        ("image=FILE:nothing", "has no array nothing; it has image, labels, pictures, words"),
        ("other=FILE:image", "the model has no input other; it has image"),
        ("image=missing.npz", "missing.npz cannot be read: No such file or directory"),
        ("image", "write NAME=FILE"),
    ],
)
def test_what_is_wrong_with_an_input_is_said(predict, shared, file, argument, words):
    if argument == "image=FILE:words":
        np.savez(file, words=np.array([["a"] * 4]))
    code, _, errors = predict(f"--url={shared.url}", f"--input={argument.replace('FILE', str(file))}")
    assert code == 1
    assert words in errors
    assert "Traceback" not in errors


def test_an_unknown_model_is_told_with_those_there_are(predict, address, file):
    code, _, errors = predict(*address, f"--input=image={file}", "--model=other")
    assert code == 1
    assert "unknown model: 'other'" in errors
    assert "has: tiny" in errors


@pytest.mark.parametrize("grpc", [[], ["--grpc"]])
def test_a_server_that_is_not_there_is_told(predict, file, grpc):
    [port] = processes.free_ports(1)
    code, _, errors = predict(f"--url=127.0.0.1:{port}", *grpc, f"--input=image={file}", "--timeout=5")
    assert code == 1
    assert f"no server answers at 127.0.0.1:{port}" in errors
    assert "kubectl port-forward service/NAME" in errors


HEAVY = """
try:
    __main__.main()
finally:
    assert not {"numpy", "torch", "tritonclient"} & set(sys.modules)
"""
TIMED = """
import resource
try:
    __main__.main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


def run_apart(code, *arguments):
    """The command line in a process of its own."""
    start = f"import sys\nsys.path.insert(0, {str(processes.ROOT / 'cli')!r})\nfrom modelsmith import __main__\n"
    return subprocess.run(
        [sys.executable, "-c", start + code, *arguments], check=True, timeout=60, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_need_no_heavy_library(argument):
    assert "modelsmith" in run_apart(HEAVY, argument)


def test_a_prediction_starts_quickly(shared, file):
    output = run_apart(TIMED, "predict", f"--url={shared.url}", "--model=tiny", f"--input=image={file}")
    assert float(output.splitlines()[-1]) < 1.5, "seconds of processor"


def test_a_model_that_did_not_load_is_told_with_the_reason(predict, tmp_path, triton_python, file):
    digest = artifacts_made.make(tmp_path / "artifact", model=b"not an onnx file")
    serving = artifacts_made.serving(digest)
    compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
    with processes.triton(triton_python, tmp_path / "repository", tmp_path / "scratch", serving) as server:
        code, _, errors = predict(f"--url={server.url}", f"--input=image={file}")
    assert code == 1
    assert "has: tiny (not ready: " in errors
    assert "Protobuf parsing failed" in errors
