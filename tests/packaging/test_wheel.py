"""The distribution that pyproject.toml describes."""

import subprocess
import zipfile
from pathlib import Path

import pytest

import environment

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"model_operator", "model_builder", "model_serving", "modelsmith"}


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Names of the files in the wheel."""
    target = tmp_path_factory.mktemp("wheel")
    python = environment.interpreter("build")
    subprocess.run(
        [python, "-m", "hatchling", "build", "--target", "wheel", "--directory", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    [wheel] = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_four_rooms_and_nothing_else(contents):
    tops = {name.split("/")[0] for name in contents if ".dist-info/" not in name}
    assert tops == ROOMS


def test_the_wheel_holds_every_module_of_them(contents):
    folders = ("operator", "model-builder", "serving", "cli")
    modules = {str(file.relative_to(ROOT / folder)) for folder in folders for file in (ROOT / folder).rglob("*.py")}
    assert modules <= set(contents)


def test_the_wheel_holds_what_the_report_is_drawn_with(contents):
    templates = ROOT / "model-builder" / "model_builder" / "reporting" / "templates"
    assert {f"model_builder/reporting/templates/{file.name}" for file in templates.iterdir()} <= set(contents)


def test_no_room_shadows_the_standard_library():
    """`operator` is a module of the standard library: a package of that name on the path would hide it."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_the_wheel_holds_the_lock_of_the_development_server(contents):
    """`modelsmith run` makes its environment from it, where no checkout is."""
    assert "model_serving/triton-dev.txt" in contents
