"""Asks a part whether it is ready, until it is or its time is over."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Probe = Callable[[], bool]

_TIMEOUT = 2.0
_INTERVAL = 0.1
_OK = 200


def until(probe: Probe, deadline: float) -> bool:
    """Repeat a probe until it holds (True) or the monotonic deadline passes (False)."""
    while not probe():
        if time.monotonic() > deadline:
            return False
        time.sleep(_INTERVAL)
    return True


def tcp(address: str, port: int) -> Probe:
    """Hold when something accepts connections there."""

    def probe() -> bool:
        try:
            socket.create_connection((address, port), _TIMEOUT).close()
        except OSError:
            return False
        return True

    return probe


def unix(path: Path) -> Probe:
    """Hold when something accepts connections on a socket file."""

    def probe() -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_TIMEOUT)
            try:
                client.connect(str(path))
            except OSError:
                return False
        return True

    return probe


def http_ok(url: str, context: ssl.SSLContext | None = None) -> Probe:
    """Hold when a GET answers 200."""
    parts = urlsplit(url)

    def probe() -> bool:
        try:
            return _status(parts.hostname or "", parts.port or 0, parts.path, context) == _OK
        except (OSError, http.client.HTTPException):
            return False

    return probe


def _status(host: str, port: int, path: str, context: ssl.SSLContext | None) -> int:
    if context is None:
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
