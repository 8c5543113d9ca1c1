"""Ports of this machine's own address."""

import contextlib
import errno
import socket
from collections.abc import Sequence

from modelsmith import errors

ADDRESS = "127.0.0.1"


def free(count: int) -> list[int]:
    """Ports that nobody listens on, held all at once, so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((ADDRESS, 0))
        return [each.getsockname()[1] for each in sockets]


def take(options: Sequence[tuple[str, int]]) -> list[int]:
    """The port of each option, a free one for 0. Raises SaidError where somebody listens already."""
    for option, port in options:
        _check(option, port)
    if len({port for _, port in options if port}) < len([port for _, port in options if port]):
        raise errors.SaidError(f"{' and '.join(option for option, _ in options)} must differ")
    spare = free(len(options))
    return [port or spare.pop() for _, port in options]


def _check(option: str, port: int) -> None:
    with socket.socket() as probe:
        # As the server does it: connections of a server that has ended keep nobody from the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            words = "another program listens there" if taken else str(error)
            raise errors.SaidError(f"{option} {port} cannot be used: {words}. Choose another with {option}") from error
