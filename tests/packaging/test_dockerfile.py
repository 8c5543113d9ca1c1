"""The Dockerfile builds an image for each place where the code runs, and each image holds what it imports."""

import ast
import re
from pathlib import Path

import pytest

from cluster import dockerfiles

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
TARGETS = ["operator", "builder", "serving", "triton-dev"]
#: What each image starts, and modules that its code imports by a name in a string.
STARTED = {
    "operator": ["model_operator.__main__"],
    "builder": ["model_builder.__main__"],
    "serving": ["model_serving.__main__"],
    "triton-dev": ["model_serving.development"],
}
ROOMS = {
    "model_operator": ROOT / "operator",
    "model_builder": ROOT / "model-builder",
    "model_serving": ROOT / "serving",
}


def stage(target):
    """The instructions of one stage, a line each."""
    joined = re.sub(r"\\\n", " ", TEXT)
    [found] = re.findall(rf"^FROM \S+ AS {target}\n(.*?)(?=^FROM |\Z)", joined, re.DOTALL | re.MULTILINE)
    return found


def copied(target):
    """Every module that the image holds, as a file in the checkout."""
    words = [line.split()[1:-1] for line in stage(target).splitlines() if line.startswith("COPY ")]
    paths = [ROOT / word for line in words for word in line]
    assert all(path.exists() for path in paths), paths
    return {file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path])}


def imported(file):
    """Names of the rooms' modules that a module imports, also inside functions and as strings."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Constant) and re.match(r"model_\w+\.[\w.]+$", str(node.value)):
            yield str(node.value)


def file_of(name):
    """The file of a module of ours, or None: another's, or a name inside a module."""
    room = ROOMS.get(name.split(".")[0])
    if room is None:
        return None
    path = room.joinpath(*name.split("."))
    candidates = [path.with_suffix(".py"), path / "__init__.py"]
    return next((file for file in candidates if file.exists()), None)


def closure(names):
    """The files of these modules and of all that they import."""
    found, waiting = set(), [file_of(name) for name in names]
    while waiting:
        file = waiting.pop()
        if file and file not in found:
            found.add(file)
            waiting += [file_of(name) for name in imported(file)]
    return found


def test_there_is_a_target_for_each_place():
    assert dockerfiles.targets(TEXT) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_holds_all_that_it_imports(target):
    missing = closure(STARTED[target]) - copied(target)
    assert not missing


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_in_particular(target):
    assert re.findall(r"^USER (.*)$", stage(target), re.MULTILINE) == ["65532:65532"]


@pytest.mark.parametrize("target", TARGETS)
def test_dependencies_come_before_the_source(target):
    lines = stage(target).splitlines()
    copies = [number for number, line in enumerate(lines) if line.startswith("COPY ") and "model_" in line]
    installs = [number for number, line in enumerate(lines) if "install-locked" in line]
    assert max(installs) < min(copies)


def test_what_is_installed_is_locked():
    installed = re.findall(r"--requirement (?:/opt/requirements/)?(\S+\.txt)", TEXT)
    assert installed
    assert all((ROOT / "requirements" / name).exists() for name in installed)


def test_only_development_is_told_to_be_insecure():
    assert "NOT for production" in TEXT
    assert "known vulnerabilities" in stage("triton-dev")
