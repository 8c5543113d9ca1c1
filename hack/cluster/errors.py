"""Everything that may be expected to go wrong, as one tree.

Each is printed as one message, without a traceback.

    ClusterError
    +- MachineError              this machine cannot run the cluster
    |  +- PortTakenError         something else listens where we must
    |  +- MissingPackagesError   Debian packages that we may not install here
    +- CommandError              a program ended with a status other than 0
    +- NotReadyError             a part did not answer in its time
    +- ApiError                  the API server refused a request
    +- ImagesError               the images cannot be built
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

ELSEWHERE = "To use a cluster of yours instead, set KUBECONFIG to it."


class ClusterError(Exception):
    """A failure with a message for a person: what happened, to what, what to do."""


class MachineError(ClusterError):
    """This machine cannot run the cluster as it is."""

    def __init__(self, message: str) -> None:
        """Add the way out that is always there."""
        super().__init__(f"{message}\n{ELSEWHERE}")


class PortTakenError(MachineError):
    """Somebody else listens on a port that we need."""

    def __init__(self, address: str, port: int, part: str, owner: str | None) -> None:
        """Name the owner when it is known (a process of another user is not)."""
        holder = owner or "a process that could not be identified"
        super().__init__(
            f"Port {port} on {address}, needed by {part}, is taken by {holder}. Stop it and run `up` again."
        )


class MissingPackagesError(MachineError):
    """Programs that come from the distribution are not here."""

    def __init__(self, packages: Sequence[str], reason: str) -> None:
        """Say why they were not simply installed."""
        super().__init__(
            f"These Debian packages are needed: {' '.join(packages)}. {reason} Install them "
            "(or what your distribution calls them) and try again."
        )


class CommandError(ClusterError):
    """A program that should have succeeded did not."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        """Keep the end of the output: that is where the reason is."""
        self.status = status
        self.output = output
        tail = "\n".join(output.strip().splitlines()[-20:])
        super().__init__(f"`{shlex.join(argv)}` ended with status {status}:\n{tail}")


class NotReadyError(ClusterError):
    """A part was started but did not become ready."""

    def __init__(self, part: str, reason: str, log: str, log_tail: str) -> None:
        """Show the end of its log."""
        super().__init__(f"{part} is not ready: {reason}\nThe end of {log}:\n{log_tail}")


class ApiError(ClusterError):
    """The API server answered with an error status."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        """Keep the status: callers treat 404 and 409 as answers."""
        self.status = status
        super().__init__(f"{method} {path}: {status} {message}")


class ImagesError(ClusterError):
    """The images cannot be built from what is here."""
