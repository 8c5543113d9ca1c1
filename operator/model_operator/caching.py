"""What we believe about the cluster: kind -> namespace -> name -> object.

Three writers feed it, in no particular order: watch events, authoritative LISTs, and the answers to our own writes
(so that the next decision does not see the past). The resourceVersion decides who is right:

    LIST at 10 ──────────────┐            an event or answer of version <= 10 about an object that the LIST
    event: web at 7  ─► stale│            did not have is about an object that was deleted by then: ignored
    answer: web at 12 ─► kept│            an object that is newer than the LIST is kept though the LIST lacks it
    deleted: web at 15 ─► gone, and remembered (a tombstone) until a LIST newer than 15

Versions are compared as integers: Kubernetes promises since 1.35 (KEP-5504), and etcd always gave, versions of one
resource type that grow and can be compared so. Should a server send something else, the last word wins.

Most of it has settled, and is kept packed (`shelving`). What finds an object without reading it lies beside it.
"""

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from model_operator import indexing, kinds, shelving, standing


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

    def __init__(self, recent: int = shelving.RECENT) -> None:
        """Know nothing yet; keep so many objects unpacked."""
        self._shelf = shelving.Shelf(recent)
        self._held: dict[kinds.Kind, dict[str, dict[str, shelving.Held]]] = defaultdict(lambda: defaultdict(dict))
        self._index = indexing.Index()
        #: What /metrics tells of each ModelDeployment.
        self.models = standing.Models()
        self._tombstones: dict[kinds.Key, int] = {}
        self._listed: dict[tuple[kinds.Kind, str | None], int] = {}

    def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None."""
        held = self._find(key)
        return self._shelf.read(held) if held else None

    def select(self, kind: kinds.Kind, namespace: str, labels: Mapping[str, str]) -> list[kinds.Manifest]:
        """All of a kind in a namespace that carry these labels, by name. Whole objects: few, where one is indexed."""
        term = next(((label, labels[label]) for label in indexing.LABELS if label in labels), None)
        names = self._index.find(kind, namespace, term) if term else sorted(self._held[kind].get(namespace, ()))
        return [one for one in self._read(kind, namespace, names) if labels.items() <= indexing.labels(one).items()]

    def owned(self, kind: kinds.Kind, namespace: str, uid: str) -> list[kinds.Manifest]:
        """All of a kind (one of indexing.SHARED) in a namespace that name this owner, by name."""
        return self._read(kind, namespace, self._index.find(kind, namespace, (indexing.OWNER, uid)))

    def outlines(self, kind: kinds.Kind, namespace: str) -> list[kinds.Manifest]:
        """The outlines of all of a kind in a namespace, by name: cheap, however many there are."""
        found = sorted(self._held[kind].get(namespace, {}).items())
        return [held.outline for _, held in found if held.outline is not None]

    def claimants(self, claim: str) -> list[kinds.Manifest]:
        """The outlines of the ModelDeployments of all namespaces that claim a host and path."""
        found = (self._find(key) for key in self._index.claimants(claim))
        return [held.outline for held in found if held is not None and held.outline is not None]

    def keys(self, kind: kinds.Kind) -> Iterator[kinds.Key]:
        """Every object of a kind."""
        for namespace, objects in self._held[kind].items():
            for name in objects:
                yield kinds.Key(kind, namespace, name)

    def sizes(self) -> dict[kinds.Kind, int]:
        """How many objects of each kind."""
        return {kind: sum(map(len, scopes.values())) for kind, scopes in self._held.items()}

    def note(self, kind: kinds.Kind, manifest: kinds.Manifest) -> Change | None:
        """Take in an object from an event, a LIST, or the answer to a write; None when it tells nothing new."""
        key, version = kinds.key_of(manifest, kind), version_of(manifest)
        held = self._find(key)
        if self._is_stale(key, held, version):
            return None
        old, new = self._taken_off(held), slim(manifest)
        name = sys.intern(key.name)
        self._held[kind][sys.intern(key.namespace)][name] = self._shelf.put(kind, new, version)
        self._index.change(key, old, new)
        self.models.change(key, new)
        return Change(key, old, new)

    def drop(self, kind: kinds.Kind, manifest: kinds.Manifest) -> Change | None:
        """Take in a deletion, as the watch event tells it: its version is that of the deletion."""
        key, version = kinds.key_of(manifest, kind), version_of(manifest)
        held = self._find(key)
        if held is not None and _newer(held.version, version):
            return None
        if version is not None:
            self._tombstones[key] = max(version, self._tombstones.get(key, version))
        return self._lost(key, held) if held is not None else None

    def settle(
        self, kind: kinds.Kind, namespace: str | None, listed: Collection[kinds.Key], version: str
    ) -> list[Change]:
        """An authoritative LIST of one namespace (None: of all) has ended, and all of its objects were noted.

        What it lacks has vanished since, and is dropped.
        """
        at = int(version) if version.isdigit() else None
        changes = [self._lost(key, held) for key, held in self._vanished(kind, namespace, listed, at)]
        if at is not None:
            self._listed[kind, namespace] = at
            self._forget_tombstones(kind, namespace, at)
        return changes

    def _vanished(
        self, kind: kinds.Kind, namespace: str | None, listed: Collection[kinds.Key], at: int | None
    ) -> list[tuple[kinds.Key, shelving.Held]]:
        """What we hold, the LIST had not, and is no newer than the LIST."""
        keys = (key for key in self.keys(kind) if namespace in {None, key.namespace} and key not in listed)
        held = ((key, self._held[kind][key.namespace][key.name]) for key in keys)
        return [(key, one) for key, one in held if not _newer(one.version, at)]

    def _find(self, key: kinds.Key) -> shelving.Held | None:
        return self._held[key.kind].get(key.namespace, {}).get(key.name)

    def _lost(self, key: kinds.Key, held: shelving.Held) -> Change:
        old = self._taken_off(held)
        del self._held[key.kind][key.namespace][key.name]
        self._index.change(key, old, None)
        self.models.change(key, None)
        return Change(key, old, None)

    def _taken_off(self, held: shelving.Held | None) -> kinds.Manifest | None:
        """What an object was that is no more as it was."""
        if held is None:
            return None
        manifest = self._shelf.read(held)
        self._shelf.remove(held)
        return manifest

    def _read(self, kind: kinds.Kind, namespace: str, names: list[str]) -> list[kinds.Manifest]:
        return [self._shelf.read(self._held[kind][namespace][name]) for name in names]

    def _is_stale(self, key: kinds.Key, held: shelving.Held | None, version: int | None) -> bool:
        """Whether this version tells nothing that is not known, or was overtaken."""
        if version is None:
            return False
        if held is not None and not _newer(version, held.version):
            return True
        listed = max(self._listed.get((key.kind, scope), 0) for scope in (None, key.namespace))
        return version <= self._tombstones.get(key, -1) or (held is None and version <= listed)

    def _forget_tombstones(self, kind: kinds.Kind, namespace: str | None, at: int) -> None:
        """A LIST says all that a tombstone older than it said."""
        covered = [
            key
            for key, version in self._tombstones.items()
            if key.kind == kind and namespace in {None, key.namespace} and version <= at
        ]
        for key in covered:
            del self._tombstones[key]


def _newer(version: int | None, than: int | None) -> bool:
    """Strictly; an unknown version is neither newer nor older, so the last word wins."""
    return version is not None and than is not None and version > than
