"""Becomes another program, one that the kernel ends when its parent dies, however that happens.

    python -I -S guard.py PARENT_PID PROGRAM ARGUMENT...

A program of its own, run by its path: to ask the kernel between fork and exec of a process that has threads is not
safe, and setpriv(1) is not on every machine. Where there is no prctl, as on macOS, nobody ends the program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask, see that the parent did not die before, and become the program."""
    parent, *command = sys.argv[1:]
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("the process that started this one is gone")
    try:
        os.execvp(command[0], command)  # noqa: S606 - arguments that the parent wrote
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    main()
