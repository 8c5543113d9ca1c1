"""Whether an object must be written: does what we own differ from what we want? Pure.

Two questions, because neither is enough:

- Did our wish change?  The annotation modelsmith.dev/applied holds the digest of what we last applied. This alone sees
  a field that we no longer want: the live object cannot tell it from one that somebody else set.
- Did the object drift? Everything that we want must be found in the live object. What is there besides (the server's
  defaults, other controllers' fields) is not ours to judge.

The server rewrites a little of what it is given, so "found" allows for: quantities in another spelling (1024Mi and
1Gi), empty values that it leaves out, and lists of named items in any order and with more items in between.
"""

import hashlib
import json
import pickle
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from model_operator import kinds, names
from model_operator.api import quantities

#: Where a quantity stands: the fields that hold a map of them, and the fields that are one.
_QUANTITY_MAPS = frozenset({"limits", "requests", "capacity", "hard", "overhead"})
_QUANTITIES = frozenset({"storage", "sizeLimit", "divisor", "averageValue"})


def digest(desired: kinds.Manifest) -> str:
    """Short digest of what is wanted; the order of keys does not count."""
    canonical = json.dumps(desired, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def fingerprint(desired: kinds.Manifest) -> bytes:
    """What only the same wish has, for as long as this process lives: a fraction of the work of a digest.

    The same wish may have another one (a pickle tells values that are one object from values that are equal).
    """
    return hashlib.sha256(pickle.dumps(desired)).digest()


def stamped(desired: kinds.Manifest) -> kinds.Manifest:
    """The manifest to send: as wanted, with the digest of the wish in its annotations."""
    metadata = desired["metadata"]
    annotations = {**(metadata.get("annotations") or {}), names.APPLIED: digest(desired)}
    return {**desired, "metadata": {**metadata, "annotations": annotations}}


def differs(desired: kinds.Manifest, live: kinds.Manifest) -> bool:
    """Whether applying would change something that is ours."""
    annotations = live["metadata"].get("annotations") or {}
    return annotations.get(names.APPLIED) != digest(desired) or not found(desired, live)


def status_differs(desired: Mapping[str, Any], live: Mapping[str, Any] | None) -> bool:
    """Whether the status must be written: all of it is ours, so it is compared whole, empty values apart."""
    return bool(desired != live and _pruned(desired) != _pruned(live or {}))


def found(wanted: Any, live: Any, field: str = "", *, quantity: bool = False) -> bool:
    """Whether everything wanted is in the live value. Both are JSON: what else is like a dict or a list is neither."""
    if type(wanted) is dict and type(live) is dict:
        return all(_entry_found(name, value, live, field) for name, value in wanted.items())
    if type(wanted) is list and type(live) is list:
        return _items_found(wanted, live, field)
    if wanted == live and type(wanted) is type(live):
        return True
    if quantity or field in _QUANTITIES:
        return _same_amount(wanted, live)
    return bool(wanted == live and isinstance(wanted, bool) == isinstance(live, bool))


def _entry_found(name: str, value: object, live: Mapping[str, Any], parent: str) -> bool:
    """One field: the server leaves out what is empty."""
    if name not in live:
        return _empty(value)
    return found(value, live[name], name, quantity=parent in _QUANTITY_MAPS)


def _items_found(wanted: list[Any], live: list[Any], field: str) -> bool:
    """A list: by the items' identity where Kubernetes merges by one, else by position."""
    identity = _IDENTITIES.get(field)
    if identity is None or not all(type(item) is dict for item in (*wanted, *live)):
        return len(wanted) == len(live) and all(map(found, wanted, live))
    by_identity = {identity(item): item for item in live}
    return all((match := by_identity.get(identity(item))) is not None and found(item, match) for item in wanted)


def _empty(value: object) -> bool:
    """What the server leaves out (omitempty), or a default fills in: null, "", [], {}, false, 0, and maps of these."""
    return not value or (isinstance(value, dict) and all(map(_empty, value.values())))


def _pruned(value: Any) -> Any:
    """Without what is empty, at any depth."""
    if isinstance(value, dict):
        return {name: kept for name, entry in value.items() if not _empty(kept := _pruned(entry))}
    if isinstance(value, list | tuple):
        return [_pruned(item) for item in value]
    return value


def _same_amount(wanted: Any, live: Any) -> bool:
    """Two spellings of one quantity."""
    try:
        return quantities.amount(wanted) == quantities.amount(live)
    except ValueError:
        return bool(wanted == live)


def _by(*fields: str) -> Callable[[Mapping[str, Any]], Hashable]:
    """Identity of an item: these fields of it."""
    return lambda item: tuple(item.get(field) for field in fields)


def _port(item: Mapping[str, Any]) -> Hashable:
    """A port of a container or of a Service."""
    return item.get("containerPort") or item.get("port"), item.get("protocol") or "TCP"


#: The list-map keys of the types that we write (`x-kubernetes-list-map-keys` in the API server's OpenAPI).
_IDENTITIES: dict[str, Callable[[Mapping[str, Any]], Hashable]] = {
    "containers": _by("name"),
    "initContainers": _by("name"),
    "env": _by("name"),
    "volumes": _by("name"),
    "imagePullSecrets": _by("name"),
    "volumeMounts": _by("mountPath"),
    "volumeDevices": _by("devicePath"),
    "ports": _port,
    "ownerReferences": _by("uid"),
    "hostAliases": _by("ip"),
    "topologySpreadConstraints": _by("topologyKey", "whenUnsatisfiable"),
    "resourceClaims": _by("name"),
}
