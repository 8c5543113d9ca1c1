"""Writes to the cluster: objects, garbage, status. Each only if something that we own differs.

Whose is an object that we want to write?

    not there                                        ─► applied, without force (what runs pods: while its owner lives)
    without our managed-by label                     ─► InvalidOwnership: left alone
    controlled by another owner                      ─► InvalidOwnership: left alone
    ours, on its way out (or its owner's namesake's) ─► StillThere: waited for, then made anew
    of a kind that the cluster does not serve        ─► GatewayApiMissing: tried again, for it may come
    ours                                             ─► applied; on a conflict, look who owns the fields:
        applied by another manager, or kept by a controller ─► FieldConflict: it would come back for ever
        changed by hand (kubectl edit, scale, patch)        ─► drift: taken back by force

Server-side apply without force still merges what does not conflict into an object of that name, whoever it belongs to.
So what is made is made at a version that no object has: an apply that names a version is refused when the object is
there at another, and makes it when there is none. It is not made by a create, because fields owned by a create stay
when a later apply no longer wants them.

What is not watched (`kinds.OPTIONAL`) is in no cache: it is read before it is written, and remembered nowhere.

Several resources may want one object at once (a claim and its users). One writes; what the others decided before that
is not written over it: they look again.
"""

import asyncio
import collections
from collections.abc import Callable, Mapping
from typing import Any

from model_operator import caching, comparing, connecting, errors, kinds, names, ownership, remembering

#: Never changed once made: the API server refuses it. A new attempt is a new Job.
_IMMUTABLE = frozenset({kinds.JOB})
#: Their controllers make pods at once.
_RUNNING = frozenset({kinds.JOB, kinds.DEPLOYMENT})
#: How many comparisons are remembered.
MEMORY = 4096
#: Seconds for which it is remembered that an owner was not found.
MISSED = 60.0
#: Seconds for which it is believed what the API server said of an object that was only tried.
REHEARSED = 60.0
#: What it says where an admission webhook cannot be asked without effect: the apply itself will ask it.
_NO_DRY_RUN = "does not support dry run"
#: A version below any that an object is stored at.
NO_VERSION = "1"


class Applier:
    """Writes what a decision wants."""

    def __init__(self, api: connecting.Api, caches: caching.Caches, tell: Callable[[caching.Change], None]) -> None:
        """Answers to our own writes go into the caches, and are told like any other change."""
        self._api = api
        self._caches = caches
        self._tell = tell
        #: key -> version of the object, and fingerprint of the wish that it was found to fulfil.
        self._fulfilled: collections.OrderedDict[kinds.Key, tuple[str, bytes]] = collections.OrderedDict()
        #: Owners that were not found when something was about to be made for them.
        self._missed = remembering.Recent[bool](lambda: asyncio.get_running_loop().time(), MISSED)
        #: What the API server had against an object, by its key and the digest of the wish.
        self._rehearsed = remembering.Recent[tuple[errors.ApiError | None]](
            lambda: asyncio.get_running_loop().time(), REHEARSED
        )
        #: What is being written just now, and when that is over.
        self._writing: dict[kinds.Key, asyncio.Event] = {}

    async def ensure(self, desired: kinds.Manifest) -> str | None:
        """Make or mend one object; answers what was done to it.

        Raises errors.Finding, StillThere, Overtaken, ApiError.
        """
        key, overtaken = kinds.key_of(desired, kinds.of_manifest(desired)), False
        while (other := self._writing.get(key)) is not None:
            overtaken = await other.wait()
        mine = self._writing[key] = asyncio.Event()
        try:
            return await self._ensure(key, desired, overtaken=overtaken)
        finally:
            del self._writing[key]
            mine.set()

    async def _ensure(self, key: kinds.Key, desired: kinds.Manifest, *, overtaken: bool) -> str | None:
        """The same, alone. What was decided before another wrote the object is not written over it."""
        live = await self._live(key)
        if live is None:
            live = await self._make(key, desired)
            if live is None:
                return "created"
        ownership.check(key, desired, live)
        self._note(key, live)
        if key.kind in _IMMUTABLE or self._fulfils(key, desired, live):
            return None
        if overtaken:
            message = f"{key.kind.kind} {key.name} was written by another meanwhile"
            raise errors.Overtaken(message)
        await self._apply(key, desired, live)
        return "configured"

    async def _live(self, key: kinds.Key) -> kinds.Manifest | None:
        """What is there, as far as is known without a write."""
        return await self._api.get(key) if key.kind in kinds.OPTIONAL else self._caches.get(key)

    async def _make(self, key: kinds.Key, desired: kinds.Manifest) -> kinds.Manifest | None:
        """Make an object that we know nothing of; answers the one that has its name, if one has."""
        await self._check_owner(key, desired)
        manifest = comparing.stamped(desired)
        at_none = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": NO_VERSION}}
        try:
            answer = await self._api.apply(key, at_none)
        except errors.Conflict:
            live = await self._api.get(key)
            if live is None:
                message = f"{key.kind.kind} {key.name} was there a moment ago"
                raise errors.StillThere(message) from None
            return live
        except errors.NotFound:
            if key.kind not in kinds.OPTIONAL:
                raise
            raise _missing(key) from None
        self._note(key, answer)
        return None

    def _fulfils(self, key: kinds.Key, desired: kinds.Manifest, live: kinds.Manifest) -> bool:
        """Whether nothing need be written. Compared once: most looks find the same wish, and the same object."""
        compared = (live["metadata"].get("resourceVersion", ""), comparing.fingerprint(desired))
        if compared[0] and self._fulfilled.get(key) == compared:
            return True
        if comparing.differs(desired, live):
            return False
        self._fulfilled[key] = compared
        self._fulfilled.move_to_end(key)
        if len(self._fulfilled) > MEMORY:
            self._fulfilled.popitem(last=False)
        return True

    async def rehearse(self, desired: kinds.Manifest) -> None:
        """Have the API server judge an object, and write nothing. Raises errors.ApiError; asks seldom for the same."""
        key = kinds.key_of(desired, kinds.of_manifest(desired))
        question = (key, comparing.digest(desired))
        known = self._rehearsed.get(question)
        if known is None:
            known = (await self._judged(key, desired),)
            self._rehearsed.note(question, known)
        if known[0] is not None:
            raise known[0].with_traceback(None)

    async def _judged(self, key: kinds.Key, desired: kinds.Manifest) -> errors.ApiError | None:
        """What the API server has against an object. What may pass by itself is raised, and not believed."""
        try:
            await self._api.rehearse(key, comparing.stamped(desired))
        except errors.ApiError as error:
            if _NO_DRY_RUN in error.message:
                return None
            if not error.permanent:
                raise
            return error
        return None

    async def remove(self, manifest: kinds.Manifest) -> bool:
        """Delete one object that was observed; False when it was gone. errors.Conflict: another has its name by now."""
        if "deletionTimestamp" in manifest["metadata"]:
            return False
        key = kinds.key_of(manifest, kinds.of_manifest(manifest))
        try:
            await self._api.delete(key, manifest["metadata"]["uid"])
        except errors.NotFound:
            self._forget(key, manifest["metadata"]["uid"])
            return False
        return True

    async def status(self, resource: kinds.Manifest, status: Mapping[str, Any]) -> bool:
        """Write the whole status of a resource of ours; False when it says so already, or speaks of the past.

        The version that was seen is a precondition (the uid alone is none under server-side apply): a status is about
        this spec of this object. errors.Conflict: another is there by now; its event comes, and another decision.
        """
        key = kinds.key_of(resource, kinds.of_manifest(resource))
        live = self._caches.get(key) or resource
        if not comparing.status_differs(status, live.get("status")):
            return False
        seen = resource["metadata"]["resourceVersion"]
        identity = {"name": key.name, "namespace": key.namespace, "resourceVersion": seen}
        body = {"apiVersion": key.kind.api_version, "kind": key.kind.kind, "metadata": identity, "status": status}
        try:
            answer = await self._api.apply(key, body, force=True, subresource="status")
        except errors.NotFound:
            self._forget(key, resource["metadata"]["uid"])
            return False
        self._note(key, answer)
        return True

    async def finalizer(self, resource: kinds.Manifest, *, wanted: bool) -> bool:
        """Have our finalizer on a resource, or have it off; False when it is so already, or the resource has changed.

        A merge of the whole list, with the version that was seen: server-side apply would leave the finalizer in place
        for as long as anybody else owns it too, and nobody can be deleted then.
        """
        key, metadata = kinds.key_of(resource, kinds.of_manifest(resource)), resource["metadata"]
        present = list(metadata.get("finalizers") or ())
        if wanted == (names.FINALIZER in present):
            return False
        left = [*present, names.FINALIZER] if wanted else [one for one in present if one != names.FINALIZER]
        change = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": left}}
        try:
            answer = await self._api.merge(key, change)
        except (errors.NotFound, errors.Conflict):
            return False
        if wanted:
            self._note(key, answer)  # without it the resource is gone, and its deletion comes as an event
        return True

    async def _apply(self, key: kinds.Key, desired: kinds.Manifest, seen: kinds.Manifest) -> None:
        """Apply, and take back by force what only drifted. The number of servers is let go of before it is left out."""
        manifest = comparing.stamped(desired)
        try:
            if ownership.lets_go(desired, seen):
                await self._api.apply(key, ownership.scale_of(seen), manager=names.SCALE_MANAGER)
            answer = await self._api.apply(key, manifest)
        except errors.Conflict as conflict:
            live = await self._api.get(key)
            if live is None or not conflict.causes:
                raise
            ownership.check(key, desired, live)
            ownership.check_fields(key, live, conflict, seen)
            answer = await self._api.apply(key, manifest, force=True)
        self._note(key, answer)

    def _note(self, key: kinds.Key, answer: kinds.Manifest) -> None:
        """The next decision must not see the past. Of what is not watched, it would: nobody tells when it changes."""
        if key.kind in kinds.OPTIONAL:
            return
        change = self._caches.note(key.kind, answer)
        if change is not None:
            self._tell(change)

    async def _check_owner(self, key: kinds.Key, desired: kinds.Manifest) -> None:
        """Raise when the owner of what runs pods is gone: news of that may come last, and pods would run for nobody.

        What else is made for nobody costs a write and goes at once.
        """
        owner = ownership.controller(desired) if key.kind in _RUNNING else None
        if owner is None:
            return
        owner_key = kinds.Key(kinds.of_manifest(dict(owner)), key.namespace, owner["name"])
        live = await self._api.get(owner_key)
        if live is None or live["metadata"]["uid"] != owner["uid"]:
            self._miss(owner_key, owner["uid"])
            message = f"{key.kind.kind} {key.name} is not made: {owner['kind']} {owner['name']} is gone"
            raise errors.StillThere(message)

    def _miss(self, key: kinds.Key, uid: str) -> None:
        """An owner was not found. The second time it is forgotten: an old answer may lack it, and nobody would tell."""
        if self._missed.get((key, uid)):
            self._forget(key, uid)
        self._missed.note((key, uid), answer=True)

    def _forget(self, key: kinds.Key, uid: str) -> None:
        """Its deletion was missed.

        Kubernetes collects at once what is made for it now, and we would make it again; or we would delete it again.
        """
        known = self._caches.get(key)
        same = known is not None and known["metadata"]["uid"] == uid
        change = self._caches.drop(key.kind, known) if known is not None and same else None
        if change is not None:
            self._tell(change)


def _missing(key: kinds.Key) -> errors.KindMissing:
    kind = f"the cluster does not serve {key.kind.plural}.{key.kind.group}"
    if key.kind == kinds.SCALED_OBJECT:
        words = f"{kind}, which engine keda needs; install KEDA, or choose engine hpa; servers stay as many as they are"
        return errors.KedaMissing(key, "", words)
    words = (
        f"{kind}, which spec.serving.gateway needs; install the Gateway API's definitions (standard channel) and a"
        " controller for it, or use spec.serving.ingress; servers go on inside the cluster"
    )
    return errors.GatewayApiMissing(key, "", words)
