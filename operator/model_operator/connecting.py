"""The calls to the API server that we make: the ten of them, and what becomes of an answer.

How a call is sent, and when a write may be, `transporting` knows. Each is counted by its verb: those of Kubernetes, and
`apply`, `apply_status` and `dry_run` where it says patch.
"""

import re
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp

from model_operator import decoding, errors, kinds, names, transporting

#: Objects a page: a list of any length is read in pieces of this size, of 3 MB at most for pods as we make them.
PAGE = 200
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
#: Asks the API server to leave out all but the metadata.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
Request = transporting.Request


def path(kind: kinds.Kind, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
    """Path of a collection or of one object; a namespace of None is all namespaces."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = f"/namespaces/{namespace}" if namespace else ""
    return "/".join(filter(None, (f"{root}{scope}/{kind.plural}", name, subresource)))


class Api(transporting.Transport):
    """Calls to the API server. Raises errors.ApiError, NamespaceEnds and Unreachable, and nothing else on purpose."""

    async def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None when there is none."""
        return await self._found(_request("get", "GET", key))

    async def metadata(self, key: kinds.Key) -> kinds.Manifest | None:
        """The metadata of an object, or None when there is none: nothing else of it leaves the API server."""
        return await self._found(_request("get", "GET", key)._replace(accept=METADATA))

    async def version(self) -> tuple[int, int]:
        """Major and minor version of the API server; providers write a minor like `35+`."""
        answer = await self._call(Request("get", "version", "GET", "/version"))
        major, minor = (re.match(r"\d+", str(answer.get(part, ""))) for part in ("major", "minor"))
        return (int(major[0]), int(minor[0])) if major and minor else (0, 0)

    async def pages(
        self, kind: kinds.Kind, namespace: str | None, **selectors: str
    ) -> AsyncIterator[tuple[list[kinds.Manifest], str]]:
        """All objects of a kind in pages, each with the version of the whole list. Raises errors.Gone when too slow."""
        query: dict[str, str] = {"limit": str(PAGE), **selectors}
        while True:
            target = path(kind, namespace) + _query(query)
            answer = await self._call(Request("list", kind.kind, "GET", target), decoding.page)
            items = [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in answer["items"] or ()]
            yield items, answer["metadata"]["resourceVersion"]
            query["continue"] = answer["metadata"].get("continue") or ""
            if not query["continue"]:
                return

    async def watch(
        self,
        kind: kinds.Kind,
        namespace: str | None,
        version: str,
        seconds: int,
        begun: Callable[[], None],
        **selectors: str,
    ) -> AsyncIterator[tuple[str, kinds.Manifest]]:
        """Type and object of each event since a version, until the API server ends the watch.

        Raises errors.Gone when the version is no longer kept, ApiError and Unreachable.
        """
        query = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true", **selectors}
        query["timeoutSeconds"] = str(seconds)
        request = Request("watch", kind.kind, "GET", path(kind, namespace) + _query(query))
        answer = await self._again_with_token(lambda: self._open(request, seconds + transporting.SLACK))
        begun()
        try:
            async for line in answer.content:
                event = _event(line)
                if event["type"] == "ERROR":
                    raise errors.from_status(event["object"].get("code", 0), event["object"])
                yield event["type"], event["object"]
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            message = f"watch of {kind.plural}: {str(error) or type(error).__name__}"
            raise errors.Unreachable(message) from error
        finally:
            answer.close()

    async def create(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """Create; errors.Conflict when it is there."""
        return await self._call(Request("create", key.kind.kind, "POST", path(key.kind, key.namespace), manifest))

    async def rehearse(self, key: kinds.Key, manifest: Mapping[str, Any]) -> None:
        """An apply by force of which nothing is kept: raises what the API server, or a policy, has against it."""
        await self._call(_applying("dry_run", key, manifest, {"force": "true", "dryRun": "All"}))

    async def apply(
        self,
        key: kinds.Key,
        manifest: Mapping[str, Any],
        *,
        force: bool = False,
        subresource: str = "",
        manager: str = names.FIELD_MANAGER,
    ) -> kinds.Manifest:
        """Server-side apply as our one field manager; errors.Conflict names the fields that are somebody else's.

        (As another only to let go of a field: `applying`.)
        """
        verb, how = f"apply_{subresource}" if subresource else "apply", {"force": str(force).lower()}
        return await self._call(_applying(verb, key, manifest, how | {"fieldManager": manager}, subresource))

    async def replace(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """Update as a whole; errors.Conflict when it is not at the version that the manifest names."""
        return await self._call(_request("update", "PUT", key, manifest))

    async def merge(self, key: kinds.Key, patch: kinds.Manifest) -> kinds.Manifest:
        """Merge patch."""
        return await self._call(_request("patch", "PATCH", key, patch)._replace(content_type=MERGE))

    async def delete(self, key: kinds.Key, uid: str) -> None:
        """Delete this very object in the background; errors.Conflict when another took its name."""
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        await self._call(_request("delete", "DELETE", key, options))

    async def _found(self, request: Request) -> kinds.Manifest | None:
        """What is asked for, or None when there is no such object."""
        try:
            return await self._call(request)
        except errors.NotFound:
            return None

    async def _call(self, request: Request, read: Callable[[bytes], object] = decoding.answer) -> kinds.Manifest:
        """One call; a second one with a fresh token when the first was turned away for its token."""

        async def call() -> kinds.Manifest:
            return _accepted(*await self._send(request), read)

        return await self._again_with_token(call)


def _request(verb: str, method: str, key: kinds.Key, body: kinds.Manifest | None = None) -> Request:
    """About one object."""
    return Request(verb, key.kind.kind, method, path(key.kind, key.namespace, key.name), body)


def _applying(
    verb: str, key: kinds.Key, manifest: Mapping[str, Any], how: Mapping[str, str], subresource: str = ""
) -> Request:
    """A server-side apply."""
    query = {"fieldManager": names.FIELD_MANAGER, "fieldValidation": "Strict", **how}
    target = path(key.kind, key.namespace, key.name, subresource) + _query(query)
    return Request(verb, key.kind.kind, "PATCH", target, dict(manifest), APPLY)


def _query(parameters: Mapping[str, str]) -> str:
    return f"?{urllib.parse.urlencode(parameters)}"


def _event(line: bytes) -> dict[str, Any]:
    """One line of a watch. Raises errors.Unreachable: the stream was cut within it."""
    found = decoding.answer(line)
    if not isinstance(found, dict):
        raise errors.Unreachable("a watch ended within an event")
    return found


def _accepted(status: int, content: bytes, read: Callable[[bytes], object]) -> kinds.Manifest:
    """Return the object of an answer, or raise its error."""
    body = read(content)
    if not isinstance(body, dict) or not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        raise errors.from_status(status, body)
    return body
