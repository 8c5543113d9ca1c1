"""Server-side apply on plain data: who owns which field, what merges, what clashes, what goes.

A field is a path of names; in a list that Kubernetes merges by keys, an item is named by its keys. Everything else
(numbers, words, other lists) is a leaf and replaced whole. The real API server takes this from its OpenAPI schema; here
a table names the lists of the types that are written.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

Path = tuple[Hashable, ...]
#: Field manager -> the leaves that it set.
Owners = dict[str, frozenset[Path]]


class Clash(Exception):  # noqa: N818 - named for what was found
    """Fields that others own and that have another value now: (field, manager) of each."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__(str(found))
        self.found = found


def _by(*names: str) -> Callable[[Mapping[str, Any]], Hashable]:
    return lambda item: ("=", *(item.get(name) for name in names))


def _port(item: Mapping[str, Any]) -> Hashable:
    return "=", item.get("containerPort") or item.get("port"), item.get("protocol") or "TCP"


#: `x-kubernetes-list-map-keys` of what we write.
KEYS: dict[str, Callable[[Mapping[str, Any]], Hashable]] = {
    "containers": _by("name"),
    "initContainers": _by("name"),
    "env": _by("name"),
    "volumes": _by("name"),
    "volumeMounts": _by("mountPath"),
    "imagePullSecrets": _by("name"),
    "ports": _port,
    "ownerReferences": _by("uid"),
    "conditions": _by("type"),
    "inputs": _by("name"),
    "outputs": _by("name"),
}
#: `x-kubernetes-list-type: set`.
_SETS = frozenset({"finalizers"})


def leaves(value: Any, name: Hashable = "", at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf with its path."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from leaves(one, key, (*at, key))
    elif isinstance(value, list) and value and name in KEYS:
        for item in value:
            yield from leaves(item, "", (*at, KEYS[name](item)))
    elif isinstance(value, list) and name in _SETS:
        yield from (((*at, item), item) for item in value)
    else:
        yield at, value


def applied(live: Any, wanted: Any, owners: Owners, manager: str, *, force: bool) -> tuple[Any, Owners]:
    """The object after an apply, and who owns what in it. Raises Clash."""
    said = dict(leaves(wanted))
    others = {name: owned for name, owned in owners.items() if name != manager}
    disputed = {name: owned & said.keys() for name, owned in others.items()}
    if any(disputed.values()):
        present = dict(leaves(live))
        lost = {name: {at for at in owned if present.get(at) != said[at]} for name, owned in disputed.items()}
        if any(lost.values()) and not force:
            raise Clash([(_spelt(at), name) for name, found in sorted(lost.items()) for at in sorted(found, key=str)])
        others = {name: owned - lost[name] for name, owned in others.items()}
    gone = owners.get(manager, frozenset()) - said.keys() - frozenset().union(*others.values())
    merged = merge(live, wanted)
    return (without(merged, gone) if gone else merged), {**others, manager: frozenset(said)}


def updated(before: Any, after: Any, owners: Owners, manager: str) -> Owners:
    """Who owns what after somebody's plain update: what changed is theirs."""
    old, new = dict(leaves(before)), dict(leaves(after))
    changed = {at for at, value in new.items() if at not in old or old[at] != value}
    kept = {name: owned - changed - (old.keys() - new.keys()) for name, owned in owners.items()}
    return {**kept, manager: kept.get(manager, frozenset()) | changed}


def merge(live: Any, wanted: Any, name: Hashable = "") -> Any:
    """What is wanted, laid over what is there. Neither is changed."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {**live, **{key: merge(live.get(key), value, key) for key, value in wanted.items()}}
    if isinstance(live, list) and isinstance(wanted, list) and name in KEYS:
        return list(_merged_items(live, wanted, KEYS[name]))
    if isinstance(live, list) and isinstance(wanted, list) and name in _SETS:
        return [*live, *(item for item in wanted if item not in live)]
    return wanted


def _merged_items(live: list, wanted: list, identity: Callable[[Mapping[str, Any]], Hashable]) -> Iterator[Any]:
    """In the order of what is wanted; what only the live list has keeps its place before its successor there."""
    there, new = {identity(item): item for item in live}, {identity(item) for item in wanted}
    left = list(live)
    for item in wanted:
        name = identity(item)
        while name in there and left and identity(left[0]) not in new:
            yield left.pop(0)
        left = [one for one in left if identity(one) != name]
        yield merge(there.get(name), item)
    yield from left


def without(value: Any, gone: frozenset[Path] | set[Path], name: Hashable = "", at: Path = ()) -> Any:
    """A copy without these leaves, nor what is empty for the lack of them."""
    if isinstance(value, dict):
        parts = ((key, without(one, gone, key, (*at, key)), (*at, key)) for key, one in value.items())
        return {key: one for key, one, path in parts if path not in gone and not _emptied(one, value[key])}
    if isinstance(value, list) and name in KEYS:
        parts = ((item, without(item, gone, "", (*at, KEYS[name](item)))) for item in value)
        return [one for item, one in parts if not _emptied(one, item)]
    if isinstance(value, list) and name in _SETS:
        return [item for item in value if (*at, item) not in gone]
    return value


def _emptied(now: Any, before: Any) -> bool:
    return now in ({}, []) and now != before


def _spelt(at: Path) -> str:
    return "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in at)
