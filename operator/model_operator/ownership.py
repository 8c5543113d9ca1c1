"""Whose is an object that we are about to write, and whose are its fields? Pure.

`applying` says what comes of each answer; an answer is one of the errors that it raises, or nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from model_operator import errors, kinds, names

#: Managers whose plain updates are not drift: they come back for ever (a HorizontalPodAutoscaler, say).
_CONTROLLERS = frozenset({"kube-controller-manager", "vpa-updater"})
_MANAGER = re.compile(r'conflict with "([^"]+)"')


def check(key: kinds.Key, desired: kinds.Manifest, live: kinds.Manifest) -> None:
    """Raise when the live object is not ours to write, or not worth it any more."""
    what = f"{key.kind.kind} {key.name}"
    labels = live["metadata"].get("labels") or {}
    if key.kind not in kinds.OWN and labels.get(names.MANAGED_BY_LABEL) != names.MANAGED_BY:
        owner = labels.get(names.MANAGED_BY_LABEL, "")
        message = f"{what} exists and is not managed by Modelsmith; it is left alone: rename or delete it"
        raise errors.InvalidOwnership(key, owner, message)
    ours, theirs = controller(desired), controller(live)
    predecessor = theirs is not None and ours is not None and _namesakes(ours, theirs) and ours["uid"] != theirs["uid"]
    if "deletionTimestamp" in live["metadata"] or predecessor:
        message = f"{what} is still being deleted"
        raise errors.StillThere(message)
    if theirs is not None and (ours is None or ours["uid"] != theirs["uid"]):
        owner = f"{theirs['kind']} {theirs['name']}"
        message = f"{what} belongs to {owner}; it is left alone: rename or delete it"
        raise errors.InvalidOwnership(key, owner, message)


def check_fields(key: kinds.Key, live: kinds.Manifest, conflict: errors.Conflict) -> None:
    """Raise when a field in conflict is one that somebody will set again."""
    lasting = {
        entry["manager"]
        for entry in live["metadata"].get("managedFields") or ()
        if entry.get("operation") == "Apply" or entry.get("manager") in _CONTROLLERS
    }
    for cause in conflict.causes:
        match = _MANAGER.search(cause.message)
        if match and match[1] in lasting:
            message = (
                f"{key.kind.kind} {key.name}: {cause.field} is set by {match[1]}, too; nothing of this object is "
                f"changed until {match[1]} lets go of it: take the field out of what it applies"
            )
            raise errors.FieldConflict(key, match[1], message)


def controller(manifest: kinds.Manifest) -> Mapping[str, Any] | None:
    """The owner that controls an object, when one does."""
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def _namesakes(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Same kind and name: the uid tells a resource from one that was deleted and made again."""
    return (one["kind"], one["name"]) == (other["kind"], other["name"])
