"""An API server in memory: what the operator and its cluster can tell from the real one.

One namespace's worth of it: versions that grow with every change of anything, generations, server-side apply with
owners of fields, preconditions, finalizers, defaults of our own types, immutable fields, and the whole past, from which
stale reads and late watches are served. `test_memory.py` of the edge holds it against the real one.

Objects are never changed in place: whoever holds one holds that version.
"""

import bisect
import collections
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from faults import defaults, fields
from model_operator import errors, kinds

Manifest = kinds.Manifest
#: What a client sees of one object is at a version; so is what it does not.
Past = list[tuple[int, Manifest | None]]
#: Kinds of which some part is made once: kind -> the part that may not change.
_FIXED: dict[kinds.Kind, Callable[[Manifest], Any]] = {
    kinds.JOB: lambda job: job["spec"],
    kinds.CONTROLLER_REVISION: lambda revision: revision.get("data"),
    kinds.MODEL_BUILD: lambda build: {name: part for name, part in build["spec"].items() if name != "execution"},
}
CLAIM_PROTECTION = "kubernetes.io/pvc-protection"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One change, as watches tell it."""

    version: int
    type: str
    key: kinds.Key
    manifest: Manifest
    before: Manifest | None


class Server:
    """All objects, and how they came to be so."""

    def __init__(self, now: Callable[[], str], snapshot: "Server | None" = None) -> None:
        """Begin empty, or where another one stood."""
        self.now = now
        self.version = snapshot.version if snapshot else 100
        self.objects: dict[kinds.Key, Manifest] = dict(snapshot.objects) if snapshot else {}
        self.log: list[Entry] = []
        self.listeners: list[Callable[[Entry], None]] = []
        self._owners: dict[kinds.Key, fields.Owners] = dict(snapshot._owners) if snapshot else {}
        self._births = collections.Counter(snapshot._births if snapshot else {})
        self._past: dict[kinds.Key, Past] = collections.defaultdict(list)
        for key, manifest in self.objects.items():
            self._past[key].append((int(manifest["metadata"]["resourceVersion"]), manifest))

    # reading

    def get(self, key: kinds.Key, at: int | None = None) -> Manifest | None:
        """One object, now or as it was at a version; with the names of those who own its fields."""
        found = self.objects.get(key) if at is None else self._then(key, at)
        if found is None:
            return None
        managers = [
            {"manager": name.partition("/")[0], "operation": "Apply" if name.startswith("modelsmith") else "Update"}
            for name in self._owners.get(key, {})
        ]
        return {**found, "metadata": {**found["metadata"], "managedFields": managers}}

    def select(self, kind: kinds.Kind, selects: Callable[[Manifest], bool], at: int | None = None) -> list[Manifest]:
        """All of a kind that are selected, now or as they were at a version."""
        known = (key for key in (self._past if at else self.objects) if key.kind == kind)
        keys = sorted(known, key=lambda key: key.name)
        found = (self._then(key, at) if at else self.objects[key] for key in keys)
        return [one for one in found if one is not None and selects(one)]

    def all(self, kind: kinds.Kind) -> list[Manifest]:
        """All of a kind, now."""
        return [one for key, one in self.objects.items() if key.kind == kind]

    def before_last(self, concerns: Callable[[kinds.Key], bool]) -> int:
        """The version before the last change of what concerns: the youngest at which a read gives something else."""
        return next((entry.version - 1 for entry in reversed(self.log) if concerns(entry.key)), self.version)

    def _then(self, key: kinds.Key, at: int) -> Manifest | None:
        past = self._past[key]
        place = bisect.bisect_right(past, at, key=lambda one: one[0])
        return past[place - 1][1] if place else None

    # writing

    def create(self, key: kinds.Key, manifest: Manifest, manager: str) -> Manifest:
        """A new object; 409 when its name is taken."""
        if key in self.objects:
            raise errors.Conflict(409, "AlreadyExists", f"{key.name} already exists")
        made = self._store(key, _with_identity(key, manifest), None)
        self._owners[key] = fields.updated({}, _own_part(made), {}, manager)
        return made

    def apply(
        self, key: kinds.Key, manifest: Mapping[str, Any], manager: str, *, force: bool = False, subresource: str = ""
    ) -> Manifest:
        """Server-side apply of an object, or of its status alone."""
        live = self.objects.get(key)
        if live is None and subresource:
            raise errors.NotFound(404, "NotFound", f"{key.name} not found")
        _check_version(key, manifest, live)
        wanted = {"status": dict(manifest["status"])} if subresource else _own_part(manifest)
        manager = f"{manager}/{subresource}" if subresource else manager
        try:
            merged, owners = fields.applied(live or {}, wanted, self._owners.get(key, {}), manager, force=force)
        except fields.Clash as clash:
            raise _conflict(key, clash) from clash
        stored = self._store(key, _with_identity(key, merged), live)
        self._owners[key] = owners
        return stored

    def merge(self, key: kinds.Key, patch: Manifest, manager: str, *, status: bool = False) -> Manifest:
        """A merge patch: an edit by a person or a controller."""
        live = self._present(key)
        _check_version(key, patch, live)
        after = _merged(live, patch)
        if not status:
            before = self._owners.get(key, {})
            self._owners[key] = fields.updated(_own_part(live), _own_part(after), before, manager)
        return self._store(key, after, live)

    def delete(self, key: kinds.Key, uid: str | None = None) -> None:
        """Delete, or mark when somebody must act first: a finalizer's owner, a node that ends the pod."""
        live = self._present(key)
        if uid not in (None, live["metadata"]["uid"]):
            raise errors.Conflict(409, "Conflict", f"the uid of {key.name} is another")
        if not live["metadata"].get("finalizers") and key.kind != kinds.POD:
            self.remove(key)
        elif "deletionTimestamp" not in live["metadata"]:
            self._store(key, _merged(live, {"metadata": {"deletionTimestamp": self.now()}}), live)

    def remove(self, key: kinds.Key) -> None:
        """Take it away for good."""
        live = self.objects.pop(key)
        self._owners.pop(key, None)
        self.version += 1
        last = {**live, "metadata": {**live["metadata"], "resourceVersion": str(self.version)}}
        self._past[key].append((self.version, None))
        self._tell(Entry(self.version, "DELETED", key, last, live))

    def _store(self, key: kinds.Key, manifest: Manifest, live: Manifest | None) -> Manifest:
        """Keep a version; none is made where nothing changed. The last finalizer takes the object with it."""
        manifest = defaults.filled(key.kind, manifest)
        if live is not None and manifest == live:
            return live
        self._check_fixed(key, manifest, live)
        self.version += 1
        metadata = {**manifest["metadata"], **self._system(key, manifest, live), "resourceVersion": str(self.version)}
        self.objects[key] = stored = {**manifest, "metadata": metadata}
        self._past[key].append((self.version, stored))
        self._tell(Entry(self.version, "MODIFIED" if live else "ADDED", key, stored, live))
        if "deletionTimestamp" in metadata and not metadata.get("finalizers") and key.kind != kinds.POD:
            self.remove(key)
        return stored

    def _system(self, key: kinds.Key, manifest: Manifest, live: Manifest | None) -> Manifest:
        """What the server itself writes into the metadata. A uid is named for the object, so that runs can be told."""
        if live is not None:
            changed = _content(manifest) != _content(live)
            return {"generation": live["metadata"]["generation"] + changed}
        self._births[key] += 1
        protected = {"finalizers": [CLAIM_PROTECTION]} if key.kind == kinds.PERSISTENT_VOLUME_CLAIM else {}
        uid = f"{key.kind.kind}-{key.name}-{self._births[key]}".lower()
        return {"uid": uid, "creationTimestamp": self.now(), "generation": 1, **protected}

    def _check_fixed(self, key: kinds.Key, manifest: Manifest, live: Manifest | None) -> None:
        part = _FIXED.get(key.kind)
        if part and live is not None and part(manifest) != part(live):
            raise errors.ApiError(422, "Invalid", f"{key.kind.kind} {key.name}: field is immutable")

    def _present(self, key: kinds.Key) -> Manifest:
        if key not in self.objects:
            raise errors.NotFound(404, "NotFound", f"{key.name} not found")
        return self.objects[key]

    def _tell(self, entry: Entry) -> None:
        self.log.append(entry)
        for listener in tuple(self.listeners):
            listener(entry)


def _with_identity(key: kinds.Key, manifest: Mapping[str, Any]) -> Manifest:
    identity = {"name": key.name, "namespace": key.namespace}
    metadata = {**manifest.get("metadata", {}), **identity}
    return {**manifest, "apiVersion": key.kind.api_version, "kind": key.kind.kind, "metadata": metadata}


#: Not fields that anybody owns.
_SYSTEM = frozenset(
    {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"}
)


def _own_part(manifest: Mapping[str, Any]) -> Manifest:
    """What somebody can own outside the status."""
    metadata = {name: value for name, value in manifest["metadata"].items() if name not in _SYSTEM}
    return {**_content(manifest), "metadata": metadata}


def _content(manifest: Mapping[str, Any]) -> Manifest:
    """What counts for the generation."""
    return {name: value for name, value in manifest.items() if name not in {"metadata", "status", "apiVersion", "kind"}}


def _check_version(key: kinds.Key, manifest: Mapping[str, Any], live: Manifest | None) -> None:
    """An apply that names a version makes what is not there all the same, as the real one does."""
    seen = manifest.get("metadata", {}).get("resourceVersion")
    if seen and live is not None and live["metadata"]["resourceVersion"] != seen:
        raise errors.Conflict(409, "Conflict", f"{key.name} has been modified")


def _conflict(key: kinds.Key, clash: fields.Clash) -> errors.Conflict:
    causes = tuple(
        errors.Cause("FieldManagerConflict", field, f'conflict with "{manager}"') for field, manager in clash.found
    )
    return errors.Conflict(409, "Conflict", f"{key.name}: {len(causes)} conflicts", causes)


def _merged(live: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    base = live if isinstance(live, dict) else {}
    merged = {**base, **{name: _merged(base.get(name), value) for name, value in patch.items()}}
    return {name: value for name, value in merged.items() if patch.get(name, value) is not None}
