"""When the token ends by which the API server knows us: a token that nobody renews is an operator that goes deaf.

The kubelet renews it well before its end. It is read as the API server will read it (a JSON Web Token's `exp`,
RFC 7519), and not judged; seldom, because a scrape may come at any time.
"""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path

from model_operator import settings

#: Where the kubelet writes it.
PATH = settings.POD_NAMESPACE.with_name("token")
#: Seconds for which it is believed.
BELIEVED = 60.0


class Token:
    """The token of this process, if it runs in a pod."""

    def __init__(self, path: Path = PATH, clock: Callable[[], float] = time.monotonic) -> None:
        """Read nothing yet."""
        self._path, self._clock = path, clock
        self._read_at = float("-inf")
        self._expiry: float | None = None

    def expiry(self) -> float | None:
        """When it ends (Unix time); None where there is none, or it does not say."""
        if self._clock() - self._read_at >= BELIEVED:
            self._read_at, self._expiry = self._clock(), _read(self._path)
        return self._expiry


def _read(path: Path) -> float | None:
    try:
        return expiry(path.read_text())
    except OSError:
        return None


def expiry(token: str) -> float | None:
    """The end that a token promises; None when it promises none, or is no JSON Web Token."""
    try:
        payload = token.split(".")[1]
        return float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
