"""What each step may import: seen in a process of its own."""

import json
import subprocess
import sys

import pytest

from builder import making

PROBE = """\
import json, sys
from model_builder import __main__
code = __main__.main(sys.argv[1:])
print("\\n" + json.dumps([code, list(sys.modules)]))
"""


def imported(workspace: making.Workspace, step: str) -> set[str]:
    """Modules in the process once the step is done."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *workspace.arguments(step)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "HOME": str(workspace.root / "home"), "CUDA_VISIBLE_DEVICES": ""},
    )
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stdout
    return set(names)


@pytest.mark.parametrize("step", ["fetch", "optimize", "publish"])
def test_steps_other_than_convert_import_neither_torch_nor_the_model(again: making.Workspace, step: str) -> None:
    assert not {"torch", "digits", "model_builder.converting"} & imported(again, step)


def test_fetch_and_publish_import_no_numpy(again: making.Workspace) -> None:
    assert not {"numpy", "onnx"} & (imported(again, "fetch") | imported(again, "publish"))


@pytest.mark.parametrize("step", ["convert", "optimize"])
def test_a_cached_step_imports_nothing_but_the_contract(again: making.Workspace, step: str) -> None:
    again.run("fetch")
    assert not {"torch", "numpy", "onnx", "onnxruntime", "tritonclient", "scipy"} & imported(again, step)


@pytest.mark.parametrize("step", ["convert", "optimize"])
def test_no_library_keeps_an_identity_of_the_machine_to_report_under(again: making.Workspace, step: str) -> None:
    home = again.root / "home"
    home.mkdir()
    imported(again, step)
    assert not [path for path in home.rglob("*") if path.is_file()]
