"""Runs programs that end by themselves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster import errors


def run(
    *argv: str | Path,
    stdin: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Return the standard output; raise CommandError with both outputs otherwise."""
    words = [str(word) for word in argv]
    given = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        done = subprocess.run(
            words,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise errors.CommandError(words, 127, f"{words[0]}: no such program") from None
    except subprocess.TimeoutExpired:
        raise errors.CommandError(words, 124, f"no end after {timeout} s") from None
    return _checked(words, done)


def succeeds(*argv: str | Path) -> bool:
    """Whether a program ends with status 0."""
    try:
        run(*argv)
    except errors.CommandError:
        return False
    return True


def _checked(words: Sequence[str], done: subprocess.CompletedProcess[bytes]) -> str:
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        both = output + done.stderr.decode(errors="replace")
        raise errors.CommandError(words, done.returncode, both)
    return output
