"""A client of the API server with nothing in it: aiohttp, JSON, one watch."""

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp

from model_operator import connecting, kinds, names

#: Seconds before another try of what came too early, or too often.
PAUSE = 0.5
#: A laden API server's ways to ask for patience.
_LADEN = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
MERGE = "application/merge-patch+json"


class Refused(Exception):  # noqa: N818 - the API server's answer
    """The API server said no."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status."""
        super().__init__(f"{status}: {message}")
        self.status = status


class Client:
    """The API server of a kubeconfig, as its one user."""

    def __init__(self, kubeconfig: Path) -> None:
        """Read the kubeconfig; connect on the first call."""
        content = json.loads(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        self.server = cluster["server"]
        self.encoded_authority = str(cluster["certificate-authority-data"])
        context = ssl.create_default_context(cadata=base64.b64decode(self.encoded_authority).decode())
        headers = {}
        if "token" in user:
            headers["Authorization"] = f"Bearer {user['token']}"
        else:
            pem = kubeconfig.with_name("identity.pem")
            pem.write_bytes(_decoded(user, "client-certificate-data") + _decoded(user, "client-key-data"))
            context.load_cert_chain(pem)
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        # Lists of thousands take their time.
        self._session = aiohttp.ClientSession(
            connector=connector, headers=headers, timeout=aiohttp.ClientTimeout(total=600)
        )

    async def call(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> kinds.Manifest:
        """One request, and again while the API server asks for patience. Raises Refused.

        What it could not answer in time it may have made all the same.
        """
        again = False
        while True:
            try:
                return await self._once(method, path, body, content_type)
            except Refused as refused:
                if again and method == "POST" and refused.status == HTTPStatus.CONFLICT:
                    return await self.call("GET", f"{path}/{body['metadata']['name']}")
                if refused.status not in _LADEN:
                    raise
            again = True
            await asyncio.sleep(PAUSE)

    async def _once(self, method: str, path: str, body: Any, content_type: str) -> kinds.Manifest:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": content_type}
        async with self._session.request(method, self.server + path, data=data, headers=headers) as answer:
            text = await answer.text()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(answer.status, text[:400])
        content: kinds.Manifest = json.loads(text)
        return content

    async def ensure(self, path: str, body: kinds.Manifest) -> None:
        """Create it, unless it is there."""
        try:
            await self.call("POST", path, body)
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise

    async def apply(self, manifest: kinds.Manifest, subresource: str = "") -> kinds.Manifest:
        """Server-side apply, by the operator's own field manager."""
        kind, metadata = kinds.of_manifest(manifest), manifest["metadata"]
        path = connecting.path(kind, metadata["namespace"], metadata["name"], subresource)
        query = f"?fieldManager={names.FIELD_MANAGER}&fieldValidation=Strict&force={str(bool(subresource)).lower()}"
        return await self.call("PATCH", path + query, manifest, connecting.APPLY)

    async def events(self, path: str, selector: str = "") -> AsyncIterator[tuple[str, kinds.Manifest]]:
        """What is there, and then what happens, without end."""
        query = f"labelSelector={selector}&" if selector else ""
        while True:
            listed = await self.call("GET", f"{path}?{query}")
            for item in listed["items"] or ():
                yield "ADDED", item
            version = listed["metadata"]["resourceVersion"]
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async for event in self._watch(f"{path}?{query}watch=1&resourceVersion={version}"):
                    yield event

    async def _watch(self, path: str) -> AsyncIterator[tuple[str, kinds.Manifest]]:
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self.server + path, timeout=timeout) as answer:
            async for line in _lines(answer.content):
                event = json.loads(line)
                if event["type"] == "ERROR":  # the version is too old: list again
                    return
                yield event["type"], event["object"]

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        """Nothing to do."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: an object may be longer than the reader's own limit."""
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _decoded(user: kinds.Manifest, field: str) -> bytes:
    return base64.b64decode(user[field])
