"""Reads of what is not watched: objects by name, Events about one, nodes, a sentinel's word. A decisions.Reader.

Nodes, and the pods on them, are read only while a server finds no place, and then believed for a while. An operator
that watches some namespaces has no right to either, and does not ask.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar, cast

import aiohttp

from model_operator import caching, connecting, errors, kinds, outlines, recording, remembering
from model_serving import settings

Shown = TypeVar("Shown")

#: Seconds for which it is believed that a name is free, or that an object is there, which was read a moment ago.
RECENT = 10.0
#: Seconds for which what an object showed is believed. What a person asks meanwhile is another question.
SHOWN = 60.0
#: Seconds for which it is believed what nodes offer, and what pods are on them.
PLACES = 30.0
_FORBIDDEN = 403
#: Seconds that a sentinel has: it only tells what it knows already.
SENTINEL_TIMEOUT = 2.0
#: Bytes of an answer that are read. A pod is somebody else's ground.
SENTINEL_LIMIT = 16_384


class Reader:
    """Asks the API server."""

    def __init__(self, api: connecting.Api, *, whole_cluster: bool = True) -> None:
        """Take the connection, and whether what belongs to no namespace of ours may be read."""
        self._api = api
        self._whole_cluster = whole_cluster
        self._read: dict[kinds.Key, int] = {}
        self._free = remembering.Recent[bool](_now, RECENT)
        self._there = remembering.Recent[bool](_now, RECENT)
        self._labels = remembering.Recent[Mapping[str, str]](_now, RECENT)
        self._shown = remembering.Recent[object](_now, SHOWN)
        #: Uid of a pod -> what its sentinel said last.
        self._heard: dict[str, str] = {}
        self._places = remembering.Recent[tuple[tuple[kinds.Manifest, ...] | None]](_now, PLACES)

    async def read(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None when there is none. Raises errors.Unreachable for one that is older than it was before.

        A server that lags would have us build and serve once more what a user has just replaced.
        """
        found = await self._api.get(key)
        before, version = self._read.pop(key, 0), caching.version_of(found) if found else None
        self._read.update({key: max(before, version)} if version else {})
        if version and version < before:
            message = f"{key.kind.kind} {key.name} was answered at version {version}, and was at {before} before"
            raise errors.Unreachable(message)
        if found is not None:
            self._there.note(key, answer=True)
        return found

    async def exists(self, key: kinds.Key) -> bool:
        """Whether there is such an object, or was a moment ago."""
        return bool(self._there.get(key)) or await self.read(key) is not None

    async def taken(self, key: kinds.Key) -> kinds.Manifest | None:
        """What has a name, whoever made it. That nothing has is believed for a while: whoever writes looks again."""
        if self._free.get(key):
            return None
        found = await self.read(key)
        if found is None:
            self._free.note(key, answer=True)
        return found

    async def labels(self, key: kinds.Key) -> Mapping[str, str] | None:
        """Labels of an object, or None when there is none. What it holds is not asked for."""
        known = self._labels.get(key)
        if known is not None:
            return known
        found = await self._api.metadata(key)
        if found is None:
            return None
        labels: Mapping[str, str] = found["metadata"].get("labels") or {}
        self._labels.note(key, labels)
        return labels

    async def shown(
        self, key: kinds.Key, cause: Hashable, show: Callable[[kinds.Manifest], Shown]
    ) -> tuple[Shown] | None:
        """What `show` makes of an object, or None when there is none; for the same cause the same for a while."""
        question = (key, cause)
        if known := self._shown.get(question):
            return cast("tuple[Shown]", known)
        found = await self.read(key)
        if found is None:
            return None
        answer = (show(found),)
        self._shown.note(question, answer)
        return answer

    async def events(self, manifest: kinds.Manifest) -> list[kinds.Manifest]:
        """The core/v1 Events about one object, oldest first."""
        metadata = manifest["metadata"]
        selector = f"involvedObject.uid={metadata['uid']}"
        found = [
            event
            async for page, _ in self._api.pages(recording.EVENT, metadata["namespace"], fieldSelector=selector)
            for event in page
        ]
        return sorted(found, key=_time)

    async def nodes(self) -> tuple[kinds.Manifest, ...] | None:
        """The nodes of the cluster in outline, as they were a moment ago; None where they may not be read."""
        return await self._outlined("", kinds.NODE)

    async def pods_on(self, node: str) -> tuple[kinds.Manifest, ...] | None:
        """All pods of a node in outline, whoever made them, as they were a moment ago; None where not to be read."""
        return await self._outlined(node, kinds.POD, fieldSelector=f"spec.nodeName={node}")

    async def autoscalers(self, namespace: str) -> tuple[kinds.Manifest, ...]:
        """The HorizontalPodAutoscalers of a namespace in outline, whoever made them, as they were a moment ago."""
        kind = kinds.HORIZONTAL_POD_AUTOSCALER
        known = self._places.get((kind, namespace))
        if known is None:
            known = (await self._listed(kind, namespace),)
            self._places.note((kind, namespace), known)
        return known[0] or ()

    async def _outlined(self, question: str, kind: kinds.Kind, **selectors: str) -> tuple[kinds.Manifest, ...] | None:
        """The outlines of a LIST of the whole cluster; asked once for a burst of looks, and not kept whole."""
        if not self._whole_cluster:
            return None
        if known := self._places.get((kind, question)):
            return known[0]
        found: tuple[kinds.Manifest, ...] | None = None
        try:
            found = await self._listed(kind, None, **selectors)
        except errors.ApiError as error:
            if error.status != _FORBIDDEN:
                raise
        self._places.note((kind, question), (found,))
        return found

    async def _listed(self, kind: kinds.Kind, namespace: str | None, **selectors: str) -> tuple[kinds.Manifest, ...]:
        """The outlines of a LIST."""
        pages = self._api.pages(kind, namespace, **selectors)
        return tuple([outlines.of(kind, one) async for page, _ in pages for one in page])

    async def sentinel(self, pod: kinds.Manifest) -> str:
        """What the sentinel of a server answers when asked whether it is ready; empty when it does not answer."""
        url = f"http://{pod['status']['podIP']}:{settings.SENTINEL_PORT}/readyz"
        timeout = aiohttp.ClientTimeout(total=SENTINEL_TIMEOUT)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
                content = await answer.content.read(SENTINEL_LIMIT)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return ""
        said = content.decode(errors="replace")
        self._heard[pod["metadata"]["uid"]] = said
        return said

    def heard(self, pod: kinds.Manifest) -> str:
        """What the sentinel of a server said last; empty when it was never heard."""
        return self._heard.get(pod["metadata"]["uid"], "")

    def forget_all_but(self, uids: set[str]) -> None:
        """Servers that are gone say nothing any more."""
        self._heard = {uid: said for uid, said in self._heard.items() if uid in uids}


def _now() -> float:
    return asyncio.get_running_loop().time()


def _time(event: kinds.Manifest) -> str:
    """When it last happened; events.k8s.io writes another field than core/v1."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
