"""Who wrote what, as the API server saw it."""

import collections
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_REFUSED = 300


@dataclasses.dataclass(frozen=True)
class Writes:
    """Requests that write, Events and Leases apart: neither is part of any object that was asked for.

    kinds     `verb resource/subresource` -> how many, refused ones included
    events    on Kubernetes Events
    refused   of all of them, those that were answered with an error (a conflict, say)
    """

    kinds: collections.Counter[str]
    events: int
    refused: int

    @property
    def total(self) -> int:
        """All but Events."""
        return self.kinds.total()


def count(directory: Path, user: str, namespaces: frozenset[str], since: str = "") -> Writes:
    """Writes of one user in these namespaces, from a time (RFC 3339) on."""
    kinds: collections.Counter[str] = collections.Counter()
    events = refused = 0
    for entry in _entries(directory, user):
        about = entry.get("objectRef") or {}
        mine = entry["user"]["username"] == user and about.get("namespace") in namespaces
        if not mine or entry["verb"] not in _WRITES or entry["requestReceivedTimestamp"] < since:
            continue
        if about["resource"] == "leases":
            continue
        refused += entry["responseStatus"]["code"] >= _REFUSED
        if about["resource"] == "events":
            events += 1
        else:
            kinds[_line(entry["verb"], about)] += 1
    return Writes(kinds, events, refused)


def now() -> str:
    """The present time as the audit log writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _entries(directory: Path, user: str) -> Iterator[dict[str, Any]]:
    """That name a user, of the log and of its earlier parts. Of hundreds of megabytes, few lines are worth parsing."""
    named = user.encode()
    for path in sorted(directory.glob("audit*.log")):
        with path.open("rb") as log:
            yield from (json.loads(line) for line in log if named in line and line.endswith(b"\n"))


def _line(verb: str, about: dict[str, Any]) -> str:
    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    return f"{verb} {resource}"
