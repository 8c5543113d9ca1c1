"""The connection to the API server: where it is, who we are, and how one request is sent and answered.

Requests go through the official client's transport (its kubeconfig, in-cluster token and its renewal, TLS, pool) but
carry plain dictionaries: its generated models and the dynamic client's wrappers would cost CPU on every object and hide
fields that they do not know. Every request has a time limit: one that hangs forever is a worker lost forever.

Every write asks the fence first: how long may it take, if it may be sent at all? It is asked once more when the
connection is there and not a byte is sent, because a process may be stopped at any point, and because the transport by
itself sends a DELETE again whose connection broke. The Lease that the fence is made of is written without it.
"""

import os
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client import exceptions, rest

from model_operator import decoding, errors, kinds, metrics, names

#: Seconds for one request, end to end. The API server's own limit is 60.
TIMEOUT = 15.0
#: Seconds more than it was asked for until a watch is given up, whatever the API server does.
SLACK = 30.0
OK, UNAUTHORIZED = 200, 401
JSON = "application/json"
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


class Request(NamedTuple):
    """What is sent.

    verb, kind  as it is counted
    target      path and query
    """

    verb: str
    kind: str
    method: str
    target: str
    body: kinds.Manifest | None = None
    content_type: str = JSON
    accept: str = JSON


class Transport:
    """Sends requests. Raises errors.ApiError, NamespaceEnds and Unreachable, and nothing else on purpose."""

    def __init__(self, loaded: client.Configuration, counters: metrics.Metrics) -> None:
        """Open nothing yet: the pool connects on the first request."""
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

    async def _again_with_token(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Once more with a fresh token, when the first was turned away for its token."""
        try:
            return await send()
        except errors.ApiError as error:
            if error.status != UNAUTHORIZED:
                raise
        self._client.configuration.api_key = (await configuration()).api_key
        return await send()

    async def _open(self, request: Request, seconds: float) -> aiohttp.ClientResponse:
        """The answer to a GET whose content is still to come. It is given up after so many seconds."""
        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=TIMEOUT)
        response: aiohttp.ClientResponse = (await self._asked(request, limits)).response
        if response.status == OK:
            return response
        try:
            raise errors.from_status(response.status, decoding.answer(await response.read()))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(request, error) from error

    async def _send(self, request: Request) -> tuple[int, bytes]:
        """One request, one answer, one time limit over both."""
        try:
            limit = min(TIMEOUT, self.fence()) if _is_fenced(request.method, request.target) else TIMEOUT
            answer = await self._asked(request, aiohttp.ClientTimeout(total=limit))
            content = await answer.read()  # type: ignore[no-untyped-call]
        except errors.Unreachable:
            self.answering_since = float("inf")
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answering_since = float("inf")
            raise _unreachable(request, error) from error
        except (errors.ApiError, errors.NamespaceEnds):
            self._note_answer()
            raise
        self._note_answer()
        return answer.status, content

    async def _asked(self, request: Request, limits: aiohttp.ClientTimeout) -> rest.RESTResponse:
        """Send it, signed, and count it; answers when the head of an answer is there.

        Raises errors.ApiError and Unreachable. What the fence stops was not sent, and is not counted.
        """
        began = time.perf_counter()
        try:
            answer = await self._signed(request, limits)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._count(request, metrics.NOBODY, began)
            raise _unreachable(request, error) from error
        except exceptions.ApiException as error:
            self._count(request, str(error.status or metrics.NOBODY), began)
            raise errors.from_status(error.status or 0, decoding.answer(error.body or "")) from error
        self._count(request, str(answer.status), began)
        return answer

    async def _signed(self, request: Request, limits: aiohttp.ClientTimeout) -> rest.RESTResponse:
        """Send it as who we are."""
        sent, (method, target, body) = self._client, request[2:5]
        headers = {"Accept": request.accept, "Content-Type": request.content_type, **sent.default_headers}
        # What param_serialize would do besides: turn the client's models into JSON. Ours is JSON already.
        await sent.update_params_for_auth(headers, None, ["BearerToken"], target, method, body)
        return await sent.call_api(method, sent.configuration.host + target, headers, body, _request_timeout=limits)

    def _count(self, request: Request, code: str, began: float) -> None:
        self._counters.called(request.verb, request.kind, code, time.perf_counter() - began)

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


def _unreachable(request: Request, error: Exception) -> errors.Unreachable:
    return errors.Unreachable(f"{request.method} {request.target}: {str(error) or type(error).__name__}")


def _is_fenced(method: str, target: str) -> bool:
    """A write, and not of the Lease."""
    return method != "GET" and f"/{kinds.LEASE.group}/" not in target
