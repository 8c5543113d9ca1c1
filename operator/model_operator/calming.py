"""When a status that only tells how far something is may be written: now and then, not each time.

    another reason, another status of a condition, another result ─► at once
    other words and numbers while it goes on                      ─► ten seconds after the last write at the earliest
    a build has begun, as its ModelDeployment says already        ─► ten seconds later: many have ended by then

A build of minutes tells each of its steps; one of seconds, and a rollout whose pods come one after another, do not
write at every turn. What is held back is looked at again then: nothing is lost, and whatever settles is told at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from model_operator import comparing, conditions, kinds, reasons

Status = Mapping[str, Any]
#: Seconds from a write of a status to the next that tells nothing but progress.
INTERVAL = 10.0
#: Fields that say how far it is; those of the conditions are their messages.
_PROGRESS = frozenset({"conditions", "rollout", "replicas", "job"})
#: Of the rollout: where it stands is decided from, and is no mere number.
_STANDS = ("revision", "strategy", "canary", "rejected")
#: Whether anybody answers is the news; why nobody does yet is told by Ready.
_WITHOUT_REASON = frozenset({conditions.Type.AVAILABLE})


class Calm:
    """Remembers when each status was written that is not settled yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take the clock (seconds, monotonic)."""
        self._clock = clock
        self._written: dict[kinds.Key, float] = {}

    def pause(self, key: kinds.Key, before: Status, after: Status) -> float | None:
        """Seconds until this status may be written; None when it may be now."""
        if not comparing.status_differs(after, before):
            return None
        if begins(key, before, after):
            self._written.setdefault(key, self._clock())
        elif not only_progress(before, after):
            return None
        last = self._written.get(key)
        left = last + INTERVAL - self._clock() if last is not None else 0.0
        return left if left > 0 else None

    def wrote(self, key: kinds.Key, status: Status) -> None:
        """It was written. What is settled needs no memory."""
        if _goes_on(status):
            self._written[key] = self._clock()
        else:
            self._written.pop(key, None)


def begins(key: kinds.Key, before: Status, after: Status) -> bool:
    """Whether the first words of a build are that it has begun, and all is as expected."""
    said = {one["type"]: one["reason"] for one in after.get("conditions") or ()}
    return key.kind == kinds.MODEL_BUILD and not before and said.get(conditions.Type.BUILT) == reasons.Reason.BUILDING


def only_progress(before: Status, after: Status) -> bool:
    """Whether nothing but words and numbers of something that goes on has changed."""
    return _goes_on(before) and _goes_on(after) and not comparing.status_differs(_facts(after), _facts(before))


def _goes_on(status: Status) -> bool:
    return any(one["type"] == conditions.Type.RECONCILING for one in status.get("conditions") or ())


def _facts(status: Status) -> Status:
    """A status without what only tells progress."""
    facts = {name: value for name, value in status.items() if name not in _PROGRESS}
    facts["rollout"] = {name: (status.get("rollout") or {}).get(name) for name in _STANDS}
    facts["conditions"] = [
        {name: one.get(name) for name in ("type", "status", "reason", "observedGeneration")}
        | ({"reason": ""} if one["type"] in _WITHOUT_REASON else {})
        for one in status.get("conditions") or ()
    ]
    return facts
