"""Every process that a verb starts: all are gone when it ends, whichever way that is.

    first signal     seen at the next `check`, and raised there; leaving the family then stops every process in order
    second signal    the processes are killed at once, so that the rest takes no time
    SIGKILL to us    the kernel kills them: see guard.py

Signals are noted and not raised where they arrive: cleaning up is never itself interrupted.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GUARD = Path(__file__).with_name("guard.py")
#: Seconds that a process has between being asked to end and being killed.
GRACE = 3.0
#: Seconds between two looks.
PAUSE = 0.1

Process = subprocess.Popen[bytes]


class Interruption(KeyboardInterrupt):
    """A signal asks us to end."""

    def __init__(self, number: int) -> None:
        """Keep which."""
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class Family:
    """`with Family() as family:` starts processes in groups of their own."""

    def __init__(self) -> None:
        """No process, and no signal yet."""
        self._processes: list[Process] = []
        self._received: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals; under nohup a terminal that ends is none.

        A shell has what it starts with `&` ignore SIGINT: that one is taken all the same.
        """
        hangup_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        heeded = [number for number in SIGNALS if not (number == signal.SIGHUP and hangup_ignored)]
        self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all, the latest first, and give the signals back."""
        for process in reversed(self._processes.copy()):
            self.stop(process)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, argv: Sequence[str | Path], env: Mapping[str, str], log: Path, cwd: Path) -> Process:
        """Start a process; all that it says goes to the log."""
        self.check()
        guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *map(str, argv)]
        with log.open("ab") as output:
            process = subprocess.Popen(
                guarded,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def check(self) -> None:
        """Raise Interruption once a signal came."""
        if self._received:
            raise Interruption(self._received[0])

    def wait(self, process: Process, look: Callable[[], None]) -> int:
        """The exit code of a process, and a look at things while it lasts; what it left behind is ended too."""
        while process.poll() is None:
            self.check()
            look()
            time.sleep(PAUSE)
        look()
        self.stop(process)
        return process.returncode

    def stop(self, process: Process) -> None:
        """Ask it to end, and after the grace kill its group."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            if process.poll() is None:
                process.terminate()
                process.wait(GRACE)
        _kill(process)
        process.wait()
        self._processes.remove(process)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._received.append(number)
        if len(self._received) > 1:
            for process in self._processes:
                _kill(process)


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    memory = ", as when the machine runs out of memory," if code == -signal.SIGKILL else ""
    return f"was ended by {signal.Signals(-code).name}{memory}"


def _kill(process: Process) -> None:
    """The whole group. Its number is the process' own, and stays taken as long as one of the group lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
