"""Runs programs: shown while they run, or read."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from demo import errors

ROOT = Path(__file__).resolve().parents[2]
INDENT = "      "
#: Lines of a failed program's output that are shown.
TAIL = 20


def show(*words: str | Path, environment: Mapping[str, str] | None = None, next_step: str = "") -> str:
    """Run with the output on the screen, indented; return it. Raises DemoError."""
    lines = []
    with _start(words, environment, stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            say(line.rstrip())
            lines.append(line)
    if process.returncode:
        raise errors.DemoError(f"`{_spelt(words)}` ended with status {process.returncode}.", next_step)
    return "".join(lines)


def read(*words: str | Path, environment: Mapping[str, str] | None = None, stdin: str = "", next_step: str = "") -> str:
    """Run silently; return standard output. Raises DemoError with the end of standard error."""
    with _start(words, environment, stderr=subprocess.PIPE) as process:
        output, complaint = process.communicate(stdin)
    if process.returncode:
        tail = "\n".join(complaint.strip().splitlines()[-TAIL:])
        raise errors.DemoError(f"`{_spelt(words)}` ended with status {process.returncode}:\n{tail}", next_step)
    return output


def say(text: str) -> None:
    """Print one line of a step, at once."""
    print(f"{INDENT}{text}", flush=True)


def _start(
    words: tuple[str | Path, ...], environment: Mapping[str, str] | None, stderr: int
) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    except FileNotFoundError:
        raise errors.DemoError(f"There is no program {words[0]}.", "Install it, or put it on PATH.") from None


def _spelt(words: tuple[str | Path, ...]) -> str:
    """As a person would type it: no long paths, no long values."""
    known = [word for word in map(str, words) if "@sha256:" not in word and word != "--set"]
    return " ".join([Path(known[0]).name, *known[1:]])
