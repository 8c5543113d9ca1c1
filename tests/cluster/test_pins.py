"""The name of a cached build changes with everything that goes into it."""

import dataclasses
import re
from pathlib import Path

import pytest

from cluster import pins


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.setattr(pins, "MODULES", tmp_path)
    directory = tmp_path / "small"
    directory.mkdir()
    (directory / "go.mod").write_text("module small\n")
    (directory / "main.go").write_text("package main\n")
    return pins.Module("small")


def test_the_digest_is_the_same_for_the_same_files(module):
    assert pins.digest(module) == pins.digest(module)


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go", "other.go"])
def test_the_digest_changes_with_a_source_or_a_pin(module, name):
    before = pins.digest(module)
    (module.directory / name).write_text("something else\n")
    assert pins.digest(module) != before


def test_the_digest_ignores_what_is_not_compiled(module):
    before = pins.digest(module)
    (module.directory / "notes.txt").write_text("for people\n")
    assert pins.digest(module) == before


def test_the_digest_changes_with_the_go_version(module, monkeypatch):
    before = pins.digest(module)
    monkeypatch.setattr(pins, "GO_VERSION", "1.99.0")
    assert pins.digest(module) != before


def test_the_digest_changes_with_the_build_tags(module):
    assert pins.digest(dataclasses.replace(module, tags="other")) != pins.digest(module)


def test_builds_lie_below_the_users_cache(module, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert pins.binaries(module) == Path("/somewhere/modelsmith/bin") / f"small-{pins.digest(module)}"


@pytest.mark.parametrize("module", [*pins.ALL, *pins.ADD_ONS], ids=lambda module: module.name)
def test_a_module_pins_every_dependency_and_names_no_host(module):
    text = (module.directory / "go.mod").read_text()
    assert "latest" not in text
    assert "://" not in text


@pytest.mark.parametrize("module", [*pins.ALL, *pins.ADD_ONS], ids=lambda module: module.name)
def test_a_module_builds_with_the_go_that_is_fetched(module):
    wanted = re.search(r"^go (\d+)\.(\d+)\.(\d+)$", (module.directory / "go.mod").read_text(), re.MULTILINE)
    assert [int(part) for part in wanted.groups()] <= [int(part) for part in pins.GO_VERSION.split(".")]
