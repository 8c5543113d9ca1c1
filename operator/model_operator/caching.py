"""What we believe about the cluster: kind -> namespace -> name -> object.

Three writers feed it, in no particular order: watch events, authoritative LISTs, and the answers to our own writes
(so that the next decision does not see the past). The resourceVersion decides who is right:

    LIST at 10 ──────────────┐            an event or answer of version <= 10 about an object that the LIST
    event: web at 7  ─► stale│            did not have is about an object that was deleted by then: ignored
    answer: web at 12 ─► kept│            an object that is newer than the LIST is kept though the LIST lacks it
    deleted: web at 15 ─► gone, and remembered (a tombstone) until a LIST newer than 15

Versions are compared as integers: Kubernetes promises since 1.35 (KEP-5504), and etcd always gave, versions of one
resource type that grow and can be compared so. Should a server send something else, the last word wins.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from model_operator import kinds, names

#: Labels by which children are looked up at every look.
_INDEXED = (names.DEPLOYMENT_LABEL, names.BUILD_LABEL)


@dataclasses.dataclass(frozen=True)
class Change:
    """What one object was before, and is now; None where there was, or is, none."""

    key: kinds.Key
    old: kinds.Manifest | None
    new: kinds.Manifest | None


def version_of(manifest: kinds.Manifest) -> int | None:
    """The resourceVersion as a number; None where it is none."""
    text = manifest["metadata"].get("resourceVersion") or ""
    return int(text) if text.isdigit() else None


def slim(manifest: kinds.Manifest) -> kinds.Manifest:
    """Without managedFields: often half of an object, and only read (fresh) when a write conflicts."""
    metadata = {name: value for name, value in manifest["metadata"].items() if name != "managedFields"}
    return {**manifest, "metadata": metadata}


class Caches:
    """All that we know. Implements decisions.Cache; objects handed out must not be changed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._objects: dict[kinds.Kind, dict[str, dict[str, kinds.Manifest]]] = defaultdict(lambda: defaultdict(dict))
        self._named: dict[tuple[kinds.Kind, str, str, str], tuple[str, ...]] = {}
        self._tombstones: dict[kinds.Key, int] = {}
        self._listed: dict[tuple[kinds.Kind, str | None], int] = {}

    def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None."""
        return self._objects[key.kind].get(key.namespace, {}).get(key.name)

    def select(self, kind: kinds.Kind, namespace: str, labels: Mapping[str, str]) -> list[kinds.Manifest]:
        """All of a kind in a namespace that carry these labels, by name."""
        wanted = labels.items()
        found = self._objects[kind].get(namespace, {})
        index = next((label for label in _INDEXED if label in labels), None)
        among = found if index is None else self._named.get((kind, namespace, index, labels[index]), ())
        return [found[name] for name in sorted(among) if wanted <= _labels(found[name]).items()]

    def keys(self, kind: kinds.Kind) -> Iterator[kinds.Key]:
        """Every object of a kind."""
        for namespace, objects in self._objects[kind].items():
            for name in objects:
                yield kinds.Key(kind, namespace, name)

    def sizes(self) -> dict[kinds.Kind, int]:
        """How many objects of each kind."""
        return {kind: sum(map(len, scopes.values())) for kind, scopes in self._objects.items()}

    def note(self, kind: kinds.Kind, manifest: kinds.Manifest) -> Change | None:
        """Take in an object from an event or from the answer to a write; None when it tells nothing new."""
        key = kinds.key_of(manifest, kind)
        old, version = self.get(key), version_of(manifest)
        if self._is_stale(key, old, version):
            return None
        new = slim(manifest)
        self._objects[kind][key.namespace][key.name] = new
        self._index(key, old, new)
        return Change(key, old, new)

    def drop(self, kind: kinds.Kind, manifest: kinds.Manifest) -> Change | None:
        """Take in a deletion, as the watch event tells it: its version is that of the deletion."""
        key = kinds.key_of(manifest, kind)
        old, version = self.get(key), version_of(manifest)
        if old is not None and _newer(version_of(old), version):
            return None
        if version is not None:
            self._tombstones[key] = max(version, self._tombstones.get(key, version))
        return self._lost(key) if old is not None else None

    def replace(
        self, kind: kinds.Kind, namespace: str | None, manifests: Sequence[kinds.Manifest], version: str
    ) -> list[Change]:
        """Take in an authoritative LIST of one namespace (None: of all); what vanished since is dropped."""
        at = int(version) if version.isdigit() else None
        changes = [change for manifest in manifests if (change := self.note(kind, manifest))]
        listed = {kinds.key_of(manifest, kind) for manifest in manifests}
        changes += [self._lost(key) for key in self._vanished(kind, namespace, listed, at)]
        if at is not None:
            self._listed[kind, namespace] = at
            self._forget_tombstones(kind, namespace, at)
        return changes

    def _vanished(
        self, kind: kinds.Kind, namespace: str | None, listed: set[kinds.Key], at: int | None
    ) -> list[kinds.Key]:
        """What we hold, the LIST had not, and is no newer than the LIST."""
        held = [key for key in self.keys(kind) if namespace in {None, key.namespace}]
        return [key for key in held if key not in listed and not _newer(version_of(self._held(key)), at)]

    def _held(self, key: kinds.Key) -> kinds.Manifest:
        return self._objects[key.kind][key.namespace][key.name]

    def _lost(self, key: kinds.Key) -> Change:
        old = self._objects[key.kind][key.namespace].pop(key.name)
        self._index(key, old, None)
        return Change(key, old, None)

    def _index(self, key: kinds.Key, old: kinds.Manifest | None, new: kinds.Manifest | None) -> None:
        """Keep who carries an indexed label: a look at one resource must not walk over all of its namespace."""
        before, after = _labels(old) if old else {}, _labels(new) if new else {}
        for label in _INDEXED:
            if before.get(label) == after.get(label):
                continue
            if label in before:
                self._unlist((key.kind, key.namespace, label, before[label]), key.name)
            if label in after:
                place = (key.kind, key.namespace, label, after[label])
                self._named[place] = (*self._named.get(place, ()), key.name)

    def _unlist(self, place: tuple[kinds.Kind, str, str, str], name: str) -> None:
        left = tuple(one for one in self._named.pop(place) if one != name)
        if left:
            self._named[place] = left

    def _is_stale(self, key: kinds.Key, old: kinds.Manifest | None, version: int | None) -> bool:
        """Whether this version tells nothing that is not known, or was overtaken."""
        if version is None:
            return False
        if old is not None and not _newer(version, version_of(old)):
            return True
        listed = max(self._listed.get((key.kind, scope), 0) for scope in (None, key.namespace))
        return version <= self._tombstones.get(key, -1) or (old is None and version <= listed)

    def _forget_tombstones(self, kind: kinds.Kind, namespace: str | None, at: int) -> None:
        """A LIST says all that a tombstone older than it said."""
        covered = [
            key
            for key, version in self._tombstones.items()
            if key.kind == kind and namespace in {None, key.namespace} and version <= at
        ]
        for key in covered:
            del self._tombstones[key]


def _labels(manifest: kinds.Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels") or {}


def _newer(version: int | None, than: int | None) -> bool:
    """Strictly; an unknown version is neither newer nor older, so the last word wins."""
    return version is not None and than is not None and version > than
