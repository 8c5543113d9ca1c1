"""The connection to the API server: where it is, who we are, and the nine calls that we make.

The calls go through the official client's transport (its kubeconfig, in-cluster token and its renewal, TLS, pool)
but carry plain dictionaries: its generated models and the dynamic client's wrappers would cost CPU on every object and
hide fields that they do not know. Every call has a time limit: a call that hangs forever is a worker lost forever.

Every write asks the fence first: how long may it take, if it may be sent at all? It is asked once more when the
connection is there and not a byte is sent, because a process may be stopped at any point, and because the transport by
itself sends a DELETE again whose connection broke. The Lease that the fence is made of is written without it.
"""

import os
import re
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client import exceptions, rest

from model_operator import decoding, errors, kinds, metrics, names

#: Seconds for one call, end to end. The API server's own limit is 60.
TIMEOUT = 15.0
#: Seconds more than it was asked for until a watch is given up, whatever the API server does.
SLACK = 30.0
#: Objects a page: a list of any length is read in pieces of this size, of 3 MB at most for pods as we make them.
PAGE = 200
OK, UNAUTHORIZED = 200, 401
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON = "application/json"
#: Asks the API server to leave out all but the metadata.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
Answer = TypeVar("Answer")
#: Seconds that a write may take which is sent now. Raises errors.NotLeading when none may be.
Fence = Callable[[], float]


async def configuration() -> client.Configuration:
    """In-cluster when we are in one, else KUBECONFIG (or its default place). Raises errors.NoCluster."""
    loaded = client.Configuration()
    try:
        config.load_incluster_config(loaded)  # type: ignore[no-untyped-call]
    except config.ConfigException:
        await _load_kubeconfig(loaded)
    return loaded


async def _load_kubeconfig(into: client.Configuration) -> None:
    """As kubectl does. The library itself reads the variable once, when it is imported."""
    files = os.environ.get("KUBECONFIG") or "~/.kube/config"
    try:
        await config.load_kube_config(files, client_configuration=into)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        message = f"neither a service account nor a kubeconfig: {error}"
        raise errors.NoCluster(message) from error


def path(kind: kinds.Kind, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
    """Path of a collection or of one object; a namespace of None is all namespaces."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = f"/namespaces/{namespace}" if namespace else ""
    return "/".join(filter(None, (f"{root}{scope}/{kind.plural}", name, subresource)))


class Api:
    """Calls to the API server. Raises errors.ApiError, NamespaceEnds and Unreachable, and nothing else on purpose."""

    def __init__(self, loaded: client.Configuration, counters: metrics.Metrics) -> None:
        """Open nothing yet: the pool connects on the first call."""
        # Proxies and logins of the environment are not looked up (in two threads, for each call): the watches, which
        # are another client, do not either, and a kubeconfig's proxy-url counts for both.
        loaded.client_session_kwargs = {"trust_env": False, "trace_configs": [self._last_check()]}
        loaded.connection_pool_maxsize = 0  # no limit: each watch holds a connection
        self._client = client.ApiClient(loaded)
        self._client.user_agent = names.FIELD_MANAGER
        self._counters = counters
        #: Without an election every write may be sent.
        self.fence: Fence = lambda: TIMEOUT
        #: When the API server answered last (monotonic), and since when it did without a gap.
        self.answered, self.answering_since = float("-inf"), float("inf")

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()  # type: ignore[no-untyped-call]

    async def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None when there is none."""
        try:
            return await self._call("GET", path(key.kind, key.namespace, key.name))
        except errors.NotFound:
            return None

    async def metadata(self, key: kinds.Key) -> kinds.Manifest | None:
        """The metadata of an object, or None when there is none: nothing else of it leaves the API server."""
        target = path(key.kind, key.namespace, key.name)

        async def call() -> kinds.Manifest:
            return _accepted(*await self._send("GET", target, None, {"Accept": METADATA}), decoding.answer)

        try:
            return await self._again_with_token(call)
        except errors.NotFound:
            return None

    async def version(self) -> tuple[int, int]:
        """Major and minor version of the API server; providers write a minor like `35+`."""
        answer = await self._call("GET", "/version")
        major, minor = (re.match(r"\d+", str(answer.get(part, ""))) for part in ("major", "minor"))
        return (int(major[0]), int(minor[0])) if major and minor else (0, 0)

    async def pages(
        self, kind: kinds.Kind, namespace: str | None, **selectors: str
    ) -> AsyncIterator[tuple[list[kinds.Manifest], str]]:
        """All objects of a kind in pages, each with the version of the whole list. Raises errors.Gone when too slow."""
        query: dict[str, str] = {"limit": str(PAGE), **selectors}
        while True:
            answer = await self._call("GET", path(kind, namespace), query, read=decoding.page)
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
        target = f"{path(kind, namespace)}?{urllib.parse.urlencode(query)}"
        answer = await self._again_with_token(lambda: self._open(target, seconds + SLACK))
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

    async def _open(self, target: str, seconds: float) -> aiohttp.ClientResponse:
        """The answer to a GET whose content is still to come. It is given up after so many seconds."""
        headers = {"Accept": "application/json", **self._client.default_headers}
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=TIMEOUT)
        response: aiohttp.ClientResponse = (await self._asked("GET", target, headers, None, limits)).response
        if response.status == OK:
            return response
        try:
            raise errors.from_status(response.status, decoding.answer(await response.read()))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable("GET", target, error) from error

    async def create(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """Create; errors.Conflict when it is there."""
        self._counters.written("create", key.kind)
        return await self._call("POST", path(key.kind, key.namespace), body=manifest)

    async def rehearse(self, key: kinds.Key, manifest: Mapping[str, Any]) -> None:
        """An apply by force of which nothing is kept: raises what the API server, or a policy, has against it."""
        query = {"fieldManager": names.FIELD_MANAGER, "fieldValidation": "Strict", "force": "true", "dryRun": "All"}
        await self._call("PATCH", path(key.kind, key.namespace, key.name), query, dict(manifest), APPLY)

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
        self._counters.written(f"apply_{subresource}" if subresource else "apply", key.kind)
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        target = path(key.kind, key.namespace, key.name, subresource)
        return await self._call("PATCH", target, query, dict(manifest), APPLY)

    async def replace(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """Update as a whole; errors.Conflict when it is not at the version that the manifest names."""
        self._counters.written("update", key.kind)
        return await self._call("PUT", path(key.kind, key.namespace, key.name), body=manifest)

    async def merge(self, key: kinds.Key, patch: kinds.Manifest) -> kinds.Manifest:
        """Merge patch."""
        self._counters.written("patch", key.kind)
        return await self._call("PATCH", path(key.kind, key.namespace, key.name), body=patch, content_type=MERGE)

    async def delete(self, key: kinds.Key, uid: str) -> None:
        """Delete this very object in the background; errors.Conflict when another took its name."""
        self._counters.written("delete", key.kind)
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        await self._call("DELETE", path(key.kind, key.namespace, key.name), body=options)

    async def _call(
        self,
        method: str,
        target: str,
        query: Mapping[str, str] | None = None,
        body: kinds.Manifest | None = None,
        content_type: str = JSON,
        read: Callable[[bytes], object] = decoding.answer,
    ) -> kinds.Manifest:
        """One call; a second one with a fresh token when the first was turned away for its token."""
        tail = f"?{urllib.parse.urlencode(query)}" if query else ""
        headers = {"Accept": JSON, "Content-Type": content_type}

        async def call() -> kinds.Manifest:
            return _accepted(*await self._send(method, target + tail, body, headers), read)

        return await self._again_with_token(call)

    async def _again_with_token(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            return await call()
        except errors.ApiError as error:
            if error.status != UNAUTHORIZED:
                raise
        self._client.configuration.api_key = (await configuration()).api_key
        return await call()

    async def _send(
        self, method: str, target: str, body: kinds.Manifest | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """One request, one answer, one time limit over both."""
        every = {**headers, **self._client.default_headers}
        try:
            limit = min(TIMEOUT, self.fence()) if _is_fenced(method, target) else TIMEOUT
            answer = await self._asked(method, target, every, body, aiohttp.ClientTimeout(total=limit))
            content = await answer.read()  # type: ignore[no-untyped-call]
        except errors.Unreachable:
            self.answering_since = float("inf")
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answering_since = float("inf")
            raise _unreachable(method, target, error) from error
        except (errors.ApiError, errors.NamespaceEnds):
            self._note_answer()
            raise
        self._note_answer()
        return answer.status, content

    async def _asked(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: kinds.Manifest | None,
        limits: aiohttp.ClientTimeout,
    ) -> rest.RESTResponse:
        """Send it, signed; answers when the head of a good answer is there. Raises errors.ApiError and Unreachable."""
        try:
            # What param_serialize would do besides: turn the client's models into JSON. Ours is JSON already.
            await self._client.update_params_for_auth(headers, None, ["BearerToken"], target, method, body)
            url = self._client.configuration.host + target
            return await self._client.call_api(method, url, headers, body, _request_timeout=limits)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(method, target, error) from error
        except exceptions.ApiException as error:
            raise errors.from_status(error.status or 0, decoding.answer(error.body or "")) from error

    def _note_answer(self) -> None:
        """Whatever it said, it is there."""
        self.answered = time.monotonic()
        self.answering_since = min(self.answering_since, self.answered)

    def _last_check(self) -> aiohttp.TraceConfig:
        """Ask the fence when the connection is there, and not a byte is sent."""

        async def check(_: object, __: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
            if _is_fenced(sent.method, sent.url.path):
                self.fence()

        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(check)
        return trace


def _unreachable(method: str, target: str, error: Exception) -> errors.Unreachable:
    return errors.Unreachable(f"{method} {target}: {str(error) or type(error).__name__}")


def _event(line: bytes) -> dict[str, Any]:
    """One line of a watch. Raises errors.Unreachable: the stream was cut within it."""
    found = decoding.answer(line)
    if not isinstance(found, dict):
        raise errors.Unreachable("a watch ended within an event")
    return found


def _is_fenced(method: str, target: str) -> bool:
    """A write, and not of the Lease."""
    return method != "GET" and f"/{kinds.LEASE.group}/" not in target


def _accepted(status: int, content: bytes, read: Callable[[bytes], object]) -> kinds.Manifest:
    """Return the object of an answer, or raise its error."""
    body = read(content)
    if not isinstance(body, dict) or not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        raise errors.from_status(status, body)
    return body
