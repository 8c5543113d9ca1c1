"""Starts long-running programs, remembers them, and stops exactly those.

A record (PID and the kernel's start time of that PID) lies in a file, so that
another run of this program knows what is ours and never signals a stranger
that got the same PID later.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cluster import errors, probing

_LOG_LINES = 15
#: Seconds between two tries.
_PAUSE = 1.0
_ZOMBIE = "Z"


@dataclasses.dataclass(frozen=True)
class Program:
    """What to start, and how to see that it is ready."""

    name: str
    argv: Sequence[str]
    ready: probing.Probe
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    patience: float = 60.0
    """Seconds until it must be ready."""
    marker: Path | None = None
    """A file that it writes when ready, so one of an earlier run must go first."""
    tries: int = 1
    """How often it is started when it ends before it is ready, as an init system would."""


@dataclasses.dataclass(frozen=True)
class Record:
    """One started process."""

    pid: int
    start_ticks: int
    since: float
    argv: tuple[str, ...]

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return start_ticks(self.pid) == self.start_ticks


@dataclasses.dataclass(frozen=True)
class Keeper:
    """The processes whose records lie in one directory."""

    records: Path
    logs: Path
    die_with_us: bool = False
    """Whether the kernel kills them when this process ends (our Go programs only)."""

    def start(self, program: Program) -> bool:
        """Have it running and ready; say whether it had to be started."""
        record = self.find(program.name)
        runs = record is not None and record.alive and record.argv == tuple(program.argv)
        if record is None or not runs:
            self._start_anew(program)
        else:
            self._wait(program, record)
        return not runs

    def _start_anew(self, program: Program) -> None:
        for left in reversed(range(program.tries)):
            self.stop(program.name)
            record = self._spawn(program)
            try:
                self._wait(program, record)
            except errors.NotReadyError:
                if record.alive or not left:
                    raise
                time.sleep(_PAUSE)
            else:
                break

    def find(self, name: str) -> Record | None:
        """Return what was started by that name, alive or not."""
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            known = json.loads((self.records / f"{name}.json").read_text())
            return Record(**{**known, "argv": tuple(known["argv"])})
        return None

    def stop(self, name: str, patience: float = 10.0) -> bool:
        """End it, by force after that many seconds; say whether it ran."""
        record = self.find(name)
        ran = record is not None and record.alive
        if record is not None:
            end([record.pid], patience, still=lambda _: record.alive)
            _reap(record.pid)
        (self.records / f"{name}.json").unlink(missing_ok=True)
        return ran

    def log(self, name: str) -> Path:
        """Return the file that holds its outputs."""
        return self.logs / f"{name}.log"

    def _spawn(self, program: Program) -> Record:
        self.records.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        if program.marker:
            program.marker.unlink(missing_ok=True)
        environment = {**os.environ, **program.environment}
        if self.die_with_us:
            environment["MODELSMITH_DIE_WITH_PARENT"] = str(os.getpid())
        with self.log(program.name).open("ab") as output:
            child = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd="/",
                start_new_session=True,  # our Ctrl-C is not theirs
            )
        record = Record(child.pid, start_ticks(child.pid) or 0, time.time(), tuple(program.argv))
        _children[child.pid] = child
        text = json.dumps(dataclasses.asdict(record))
        (self.records / f"{program.name}.json").write_text(text)
        return record

    def _wait(self, program: Program, record: Record) -> None:
        deadline = time.monotonic() + program.patience

        def settled() -> bool:
            return not record.alive or program.ready()

        in_time = probing.until(settled, deadline)
        if not record.alive:
            raise self._not_ready(program, "it ended")
        if not in_time:
            raise self._not_ready(program, f"no answer after {program.patience:.0f} s")

    def _not_ready(self, program: Program, reason: str) -> errors.NotReadyError:
        log = self.log(program.name)
        return errors.NotReadyError(program.name, reason, str(log), last_lines(log))


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Started by this very process: they have to be reaped, or they never look dead."""

_REAPING = 5.0
"""Seconds for the kernel to hand over one that was killed."""


def start_ticks(pid: int) -> int | None:
    """Return the kernel's start time of a PID; None when no such process runs."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return None
    try:
        # The name in parentheses may hold spaces and parentheses itself.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == _ZOMBIE else int(fields[19])


def end(
    pids: Sequence[int], patience: float, still: Callable[[int], bool] = lambda pid: start_ticks(pid) is not None
) -> None:
    """Ask these to end, and kill those that are `still` there after the patience."""
    _signal([pid for pid in pids if still(pid)], signal.SIGTERM)
    probing.until(lambda: not any(map(still, pids)), time.monotonic() + patience)
    _signal([pid for pid in pids if still(pid)], signal.SIGKILL)
    probing.until(lambda: not any(map(still, pids)), time.monotonic() + patience)


def _reap(pid: int) -> None:
    child = _children.pop(pid, None)
    if child is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_REAPING)


def last_lines(log: Path, count: int = _LOG_LINES) -> str:
    """Return the end of a log file, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError as failure:
        return f"(it cannot be read: {failure.strerror})"
    return "\n".join(f"    {line[:400]}" for line in lines[-count:])


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
