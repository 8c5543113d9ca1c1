"""A small client of the API server, for what `up` and the caretaker need."""

from __future__ import annotations

import http.client
import json
from typing import Any

from cluster import certificates, controlling, errors

Json = dict[str, Any]

_APPLY = "application/apply-patch+yaml"
_ERROR = 400
_MANAGER = "modelsmith-cluster"


class Client:
    """One identity's requests. Every request has its own connection."""

    def __init__(self, site: controlling.Site, identity: str) -> None:
        """Take the identity's certificate from the site."""
        self._site = site
        self._context = certificates.client_context(site.pki, identity)

    def get(self, path: str) -> Json:
        """Return an object or a list."""
        return self._request("GET", path)

    def items(self, path: str) -> list[Json]:
        """Return the objects of a list."""
        found: list[Json] = self.get(path)["items"]
        return found

    def create(self, path: str, body: Json) -> Json:
        """Create an object in a collection."""
        return self._request("POST", path, body)

    def delete(self, path: str) -> None:
        """Delete an object; one that is gone already is fine."""
        try:
            self._request("DELETE", path)
        except errors.ApiError as failure:
            if failure.status != http.client.NOT_FOUND:
                raise

    def patch_json(self, path: str, operations: list[Json]) -> Json:
        """Apply a JSON patch."""
        return self._request("PATCH", path, operations, "application/json-patch+json")

    def apply(self, path: str, body: Json) -> Json:
        """Have an object look like this, whoever wrote it before."""
        return self._request("PATCH", f"{path}?fieldManager={_MANAGER}&force=true", body, _APPLY)

    def _request(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Json:
        connection = http.client.HTTPSConnection(self._site.address, self._site.port, timeout=30, context=self._context)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": kind})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as failure:
            raise errors.ApiError(method, path, 0, str(failure)) from None
        finally:
            connection.close()
        if response.status >= _ERROR:
            raise errors.ApiError(method, path, response.status, _message(answer))
        result: Json = json.loads(answer)
        return result


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")[:500]
