"""How a story ended, without what differs between two runs that are the same: names, times and addresses by chance."""

import json
import re
from typing import Any

from model_operator import kinds, names
from soak import worlds

_CHANCE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "ADDRESS"),
)
#: The last two are digests of what holds a uid.
_DROPPED = frozenset({"uid", "resourceVersion", "creationTimestamp", "managedFields", names.APPLIED, names.USERS})
#: Made by controllers, with names by chance: they are counted, by what they run.
_BY_CHANCE = (kinds.POD,)


def state(world: worlds.World, namespace: str) -> dict[str, Any]:
    """Every object of a namespace, comparable."""
    found: dict[str, Any] = {}
    for kind in worlds.EVERY:
        for one in world.all(namespace, kind):
            if kind in _BY_CHANCE:
                key = f"{kind.kind} of {_owner(one)}, {one['status']['phase']}"
                found[key] = found.get(key, 0) + 1
            else:
                found[f"{kind.kind} {one['metadata']['name']}"] = _plain(one, namespace)
    return found


def difference(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Paths at which two states differ, with both values."""
    return [
        f"{path}: {left!r:.120} != {right!r:.120}"
        for path, (left, right) in sorted(_pairs(_flat(one), _flat(other)).items())
        if left != right
    ]


def _plain(manifest: kinds.Manifest, namespace: str) -> Any:
    text = json.dumps(_without(manifest), sort_keys=True)
    for pattern, word in _CHANCE:
        text = pattern.sub(word, text)
    return json.loads(re.sub(rf"\b{namespace}\b", "NAMESPACE", text))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(each) for key, each in value.items() if key not in _DROPPED}
    return [_without(each) for each in value] if isinstance(value, list) else value


def _owner(pod: kinds.Manifest) -> str:
    return next((owner["name"] for owner in pod["metadata"].get("ownerReferences") or ()), "nobody")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {at: leaf for key, each in value.items() for at, leaf in _flat(each, f"{path}/{key}").items()}
    if isinstance(value, list) and value:
        return {at: leaf for number, each in enumerate(value) for at, leaf in _flat(each, f"{path}/{number}").items()}
    return {path: value}


def _pairs(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {path: (one.get(path), other.get(path)) for path in {*one, *other}}
