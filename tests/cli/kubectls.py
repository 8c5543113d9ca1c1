"""A program called kubectl that shows what a test lets it show, and notes what it is asked."""

import json
import sys
from collections.abc import Callable

import pytest

from modelsmith import __main__ as command_line


class Kubectl:
    """`shows(item)`; `notes()`: the words of each call."""

    def __init__(self, folder, monkeypatch) -> None:
        self._folder, self._notes = folder, folder / "notes"
        self._notes.touch()
        monkeypatch.setenv("PATH", str(folder))

    def __call__(self, *items, code=0, words=""):
        shown = items[0] if len(items) == 1 else {"kind": "List", "items": items}
        (self._folder / "shown").write_text(json.dumps(shown))
        program = self._folder / "kubectl"
        program.write_text(
            f"#!{sys.executable}\n"
            "import pathlib, sys\n"
            f"here = pathlib.Path({str(self._folder)!r})\n"
            "with (here / 'notes').open('a') as notes: notes.write(' '.join(sys.argv[1:]) + '\\n')\n"
            f"sys.stderr.write({words!r})\n"
            "if sys.argv[1] == 'get': print((here / 'shown').read_text())\n"
            f"sys.exit({code})\n"
        )
        program.chmod(0o755)

    def notes(self):
        return self._notes.read_text().splitlines()


def asking(verb: str, monkeypatch: pytest.MonkeyPatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run a verb; exit code, output, errors."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["modelsmith", verb, *words])
        code = command_line.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
