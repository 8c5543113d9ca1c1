"""Whose is an object that we are about to write, and whose are its fields? Pure.

`applying` says what comes of each answer; an answer is one of the errors that it raises, or nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from model_operator import errors, kinds, names

#: Managers whose plain updates are not drift: they come back for ever (a HorizontalPodAutoscaler, say).
_CONTROLLERS = frozenset({"kube-controller-manager", "vpa-updater"})
_REPLICAS = ".spec.replicas"
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


def lets_go(desired: kinds.Manifest, live: kinds.Manifest) -> bool:
    """Whether the number of servers is no longer ours to write, and was until now.

    A field that nobody else owns, and that an apply leaves out, falls back to its default: one server. So it is owned
    by another manager first (`scale_of`), until an autoscaler changes it.
    """
    before, after = ((one["metadata"].get("annotations") or {}) for one in (live, desired))
    return names.AUTOSCALED in after and names.AUTOSCALED not in before


def scale_of(live: kinds.Manifest) -> kinds.Manifest:
    """The number of servers that there is, and nothing else."""
    identity = {name: live["metadata"][name] for name in ("name", "namespace")}
    replicas = live["spec"].get("replicas", 1)
    kind = {name: live[name] for name in ("apiVersion", "kind")}
    return {**kind, "metadata": identity, "spec": {"replicas": replicas}}


def check_fields(key: kinds.Key, live: kinds.Manifest, conflict: errors.Conflict, seen: kinds.Manifest) -> None:
    """Raise when a field in conflict is one that somebody will set again. `seen` is the object that was decided on."""
    lasting = {
        entry["manager"]
        for entry in live["metadata"].get("managedFields") or ()
        if entry.get("operation") == "Apply" or entry.get("manager") in _CONTROLLERS
    }
    for cause in conflict.causes:
        match = _MANAGER.search(cause.message)
        if match and cause.field == _REPLICAS and _is_known(match[1], live, seen):
            continue
        if match and match[1] in lasting:
            message = (
                f"{key.kind.kind} {key.name}: {cause.field} is set by {match[1]}, too; nothing of this object is "
                f"changed until {match[1]} lets go of it: take the field out of what it applies"
            )
            raise errors.FieldConflict(key, match[1], message)


def _is_known(manager: str, live: kinds.Manifest, seen: kinds.Manifest) -> bool:
    """Whether the number of servers is ours to take back: no autoscaler was found though it had that value already.

    Raises errors.Overtaken when it has changed since it was decided: whoever did it is looked for first.
    """
    if manager == names.SCALE_MANAGER:
        return True
    if manager in _CONTROLLERS and live["spec"].get("replicas") != seen["spec"].get("replicas"):
        message = f"{live['kind']} {live['metadata']['name']} was scaled by {manager} meanwhile"
        raise errors.Overtaken(message)
    return manager in _CONTROLLERS


def controller(manifest: kinds.Manifest) -> Mapping[str, Any] | None:
    """The owner that controls an object, when one does."""
    owners = manifest["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def _namesakes(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Same kind and name: the uid tells a resource from one that was deleted and made again."""
    return (one["kind"], one["name"]) == (other["kind"], other["name"])
