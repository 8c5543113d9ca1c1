"""The connection to the API server: where it is, who we are, and the eight calls that we make.

The calls go through the official client's transport (its kubeconfig, in-cluster token and its renewal, TLS, pool)
but carry plain dictionaries: its generated models and the dynamic client's wrappers would cost CPU on every object and
hide fields that they do not know. Every call has a time limit: a call that hangs forever is a worker lost forever.

Every write asks the fence first: how long may it take, if it may be sent at all? It is asked once more when the
connection is there and not a byte is sent, because a process may be stopped at any point, and because the transport by
itself sends a DELETE again whose connection broke. The Lease that the fence is made of is written without it.
"""

import json
import os
import re
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client import exceptions

from model_operator import errors, kinds, metrics, names

#: Seconds for one call, end to end. The API server's own limit is 60.
TIMEOUT = 15.0
#: Objects a page: a list of any length is read in pieces of about this size.
PAGE = 500
UNAUTHORIZED = 401
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
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
            answer = await self._call("GET", path(kind, namespace), query)
            items = [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in answer["items"] or ()]
            yield items, answer["metadata"]["resourceVersion"]
            query["continue"] = answer["metadata"].get("continue") or ""
            if not query["continue"]:
                return

    async def create(self, key: kinds.Key, manifest: kinds.Manifest) -> kinds.Manifest:
        """Create; errors.Conflict when it is there."""
        self._counters.written("create", key.kind)
        return await self._call("POST", path(key.kind, key.namespace), body=manifest)

    async def apply(
        self, key: kinds.Key, manifest: Mapping[str, Any], *, force: bool = False, subresource: str = ""
    ) -> kinds.Manifest:
        """Server-side apply as our one field manager; errors.Conflict names the fields that are somebody else's."""
        self._counters.written(f"apply_{subresource}" if subresource else "apply", key.kind)
        query = {"fieldManager": names.FIELD_MANAGER, "fieldValidation": "Strict", "force": str(force).lower()}
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
        content_type: str = "application/json",
    ) -> kinds.Manifest:
        """One call; a second one with a fresh token when the first was turned away for its token."""
        try:
            return await self._send(method, target, query, body, content_type)
        except errors.ApiError as error:
            if error.status != UNAUTHORIZED:
                raise
        self._client.configuration.api_key = (await configuration()).api_key
        return await self._send(method, target, query, body, content_type)

    async def _send(
        self, method: str, target: str, query: Mapping[str, str] | None, body: kinds.Manifest | None, content_type: str
    ) -> kinds.Manifest:
        """One request, one answer, one time limit over both."""
        headers = {"Accept": "application/json", "Content-Type": content_type}
        tail = f"?{urllib.parse.urlencode(query)}" if query else ""
        try:
            request = await self._client.param_serialize(
                method, target + tail, header_params=headers, body=body, auth_settings=["BearerToken"]
            )
            limit = min(TIMEOUT, self.fence()) if _is_fenced(method, target) else TIMEOUT
            answer = await self._client.call_api(*request, _request_timeout=aiohttp.ClientTimeout(total=limit))
            content = await answer.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answering_since = float("inf")
            message = f"{method} {target}: {str(error) or type(error).__name__}"
            raise errors.Unreachable(message) from error
        except exceptions.ApiException as error:
            self._note_answer()
            raise errors.from_status(error.status or 0, _decoded(error.body or "")) from error
        self._note_answer()
        return _read(answer.status, content)

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


def _is_fenced(method: str, target: str) -> bool:
    """A write, and not of the Lease."""
    return method != "GET" and f"/{kinds.LEASE.group}/" not in target


def _read(status: int, content: bytes) -> kinds.Manifest:
    """Return the object of an answer, or raise its error."""
    body = _decoded(content)
    if not isinstance(body, dict) or not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        raise errors.from_status(status, body)
    return body


def _decoded(content: bytes | str) -> object:
    """JSON, or the text as it is: a proxy in between answers in HTML."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace") if isinstance(content, bytes) else content
