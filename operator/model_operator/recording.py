"""Events (core/v1) on our resources: what `kubectl describe` shows.

An Event's name is a digest of what it says, so the same news is one object: the API server itself refuses a second,
also across a restart. Within a window the same news is not even sent; after it, count and time are brought up to date.
"""

import collections
import datetime as dt
import hashlib
import logging
import time
from collections.abc import Callable

from model_operator import connecting, decisions, errors, kinds, logs, names

logger = logging.getLogger(__name__)

EVENT = kinds.Kind("", "v1", "Event", "events")
#: Seconds in which the same news about the same resource is told once.
WINDOW = 600.0
#: How many pieces of news are remembered.
MEMORY = 4096
#: Characters of a message that the API server takes.
LONGEST = 1024


class Recorder:
    """Tells news once."""

    def __init__(self, api: connecting.Api, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing yet."""
        self._api = api
        self._clock = clock
        self._told: collections.OrderedDict[str, tuple[float, int]] = collections.OrderedDict()

    async def record(self, resource: kinds.Manifest, event: decisions.Event) -> bool:
        """Tell it; False when it was told a short while ago. Raises errors.NamespaceEnds.

        That it cannot be told is no failure of the handling.
        """
        name = _name(resource, event)
        last, count = self._told.get(name, (float("-inf"), 0))
        if self._clock() - last < WINDOW:
            return False
        self._remember(name, count + 1)
        key = kinds.Key(EVENT, resource["metadata"]["namespace"], name)
        try:
            await self._send(key, resource, event, count + 1)
        except (errors.ApiError, errors.Unreachable) as error:
            about = logs.about(kinds.key_of(resource, kinds.of_manifest(resource)))
            logger.warning("%s %s/%s: cannot record an Event about it: %s", *about.values(), error, extra=about)
        return True

    async def _send(self, key: kinds.Key, resource: kinds.Manifest, event: decisions.Event, count: int) -> None:
        """Make the Event, or bring the one that is there up to date."""
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            await self._api.create(key, _manifest(key, resource, event, now))
        except errors.Conflict:
            await self._api.merge(key, {"lastTimestamp": now, "count": max(2, count)})

    def _remember(self, name: str, count: int) -> None:
        """Forget the oldest when there is too much."""
        self._told[name] = (self._clock(), count)
        self._told.move_to_end(name)
        while len(self._told) > MEMORY:
            self._told.popitem(last=False)


def _name(resource: kinds.Manifest, event: decisions.Event) -> str:
    """One name for the same news about the same resource."""
    metadata = resource["metadata"]
    content = "\n".join((metadata["uid"], event.type, event.reason, event.message))
    return f"{metadata['name']}.{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _manifest(key: kinds.Key, resource: kinds.Manifest, event: decisions.Event, now: str) -> kinds.Manifest:
    """The Event as the API server takes it."""
    metadata = resource["metadata"]
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "involvedObject": {
            "apiVersion": resource["apiVersion"],
            "kind": resource["kind"],
            "namespace": key.namespace,
            "name": metadata["name"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": str(event.type),
        "reason": event.reason,
        "message": event.message[:LONGEST],
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": names.MANAGED_BY},
        "reportingComponent": names.MANAGED_BY,
    }
