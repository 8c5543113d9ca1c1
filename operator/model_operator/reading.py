"""Reads of what is not watched: objects by name, and Events about one. Implements decisions.Reader."""

from model_operator import connecting, kinds, recording


class Reader:
    """Asks the API server."""

    def __init__(self, api: connecting.Api) -> None:
        """Take the connection."""
        self._api = api

    async def read(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None when there is none."""
        return await self._api.get(key)

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


def _time(event: kinds.Manifest) -> str:
    """When it last happened; events.k8s.io writes another field than core/v1."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
