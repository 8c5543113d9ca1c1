"""The development server's environment, where nobody made one."""

import re
import subprocess
from pathlib import Path

import pytest

import environment
from modelsmith import errors
from modelsmith.local import folders, wheels

LOCK = environment.REQUIREMENTS / "triton-dev.txt"


def test_a_checkout_and_the_command_line_share_one(triton_python, monkeypatch):
    monkeypatch.setattr(folders, "cache", lambda: environment.CACHE)
    assert wheels.interpreter(pytest.fail) == triton_python


def test_it_is_made_of_a_lock_file(tmp_path):
    [packaging] = re.findall(r"^packaging==.*?(?=^\S|\Z)", LOCK.read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "lock.txt").write_text(packaging)
    wheels.make(tmp_path / "made", tmp_path / "lock.txt")
    subprocess.run([tmp_path / "made/bin/python", "-c", "import packaging"], check=True)
    assert (tmp_path / "made/complete").exists()


def test_what_does_not_have_the_locked_content_is_not_installed(tmp_path):
    (tmp_path / "lock.txt").write_text(f"packaging==26.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(errors.SaidError, match=r"(?s)cannot be made.*--triton-python PYTHON"):
        wheels.make(tmp_path / "made", tmp_path / "lock.txt")
    assert not (tmp_path / "made/complete").exists()


def test_a_missing_lock_file_is_named(monkeypatch):
    monkeypatch.setattr(wheels, "LOCKS", (Path("/absent/triton-dev.txt"),))
    with pytest.raises(errors.SaidError, match=r"lock file /absent/triton-dev\.txt cannot be read: No such file"):
        wheels.interpreter(pytest.fail)
