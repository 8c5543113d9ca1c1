"""Reads of what is not watched: objects by name, Events about one, a sentinel's word. Implements decisions.Reader."""

import aiohttp

from model_operator import caching, connecting, errors, kinds, recording
from model_serving import settings

#: Seconds that a sentinel has: it only tells what it knows already.
SENTINEL_TIMEOUT = 2.0
#: Bytes of an answer that are read. A pod is somebody else's ground.
SENTINEL_LIMIT = 16_384


class Reader:
    """Asks the API server."""

    def __init__(self, api: connecting.Api) -> None:
        """Take the connection."""
        self._api = api
        self._read: dict[kinds.Key, int] = {}

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
        return found

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

    async def sentinel(self, pod: kinds.Manifest) -> str:
        """What the sentinel of a server answers when asked whether it is ready; empty when it does not answer."""
        url = f"http://{pod['status']['podIP']}:{settings.SENTINEL_PORT}/readyz"
        timeout = aiohttp.ClientTimeout(total=SENTINEL_TIMEOUT)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
                content = await answer.content.read(SENTINEL_LIMIT)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return ""
        return content.decode(errors="replace")


def _time(event: kinds.Manifest) -> str:
    """When it last happened; events.k8s.io writes another field than core/v1."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
