"""Who wrote what, from the API server's audit log."""

import json
from collections.abc import Iterator
from pathlib import Path

from e2e import kube

WRITES = ("create", "update", "patch", "delete", "deletecollection")


class AuditLog:
    """The audit log from a moment on: `AuditLog(path)` remembers where it ended then."""

    def __init__(self, path: Path) -> None:
        """Only what comes after now counts."""
        self.path = path
        self.inode, self.offset = path.stat().st_ino, path.stat().st_size

    def writes(self, user: str) -> list[str]:
        """`verb resource namespace/name` of each write by a user, its Leases aside."""
        return [line(event) for event in self.events() if is_write(event) and event["user"]["username"] == user]

    def events(self) -> Iterator[kube.Manifest]:
        """Each entry since then. A log that was rotated away is an error: nothing could be claimed of it."""
        if self.path.stat().st_ino != self.inode:
            raise RuntimeError(f"{self.path} was rotated meanwhile; run the test again")
        with self.path.open("rb") as log:
            log.seek(self.offset)
            yield from (json.loads(entry) for entry in log if entry.endswith(b"\n"))


def is_write(event: kube.Manifest) -> bool:
    """It changes something other than a Lease."""
    return event["verb"] in WRITES and event.get("objectRef", {}).get("resource") != "leases"


def line(event: kube.Manifest) -> str:
    """One entry, for a person."""
    about = event.get("objectRef", {})
    resource = "/".join(filter(None, [about.get("resource"), about.get("subresource")]))
    return f"{event['verb']} {resource} {about.get('namespace', '')}/{about.get('name', '')}"
