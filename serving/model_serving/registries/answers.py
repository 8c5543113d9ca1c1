"""What a registry's answer means, or its silence: one of our errors, in the registry's own words."""

import http
import json
from typing import Any

import requests

from model_serving.registries import errors

#: Of words quoted from a registry.
LIMIT = 300
_FULL = frozenset({http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, http.HTTPStatus.INSUFFICIENT_STORAGE})
_LATER = frozenset({http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_MANY_REQUESTS})
#: How registries say with another status that there is no room.
_FULL_WORDS = ("quota", "no space left")


def failed(response: requests.Response, asked: str) -> errors.RegistryError:
    """The error that an answer is; `asked` says what was asked of whom."""
    status, said = response.status_code, words(response)
    message = f"{asked}: {status} {said or response.reason}"
    if status in _FULL or any(word in said.lower() for word in _FULL_WORDS):
        return errors.FullError(message)
    if status == http.HTTPStatus.NOT_FOUND:
        return errors.MissingError(message)
    if status in _LATER or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.UnreachableError(message)
    if status == http.HTTPStatus.BAD_REQUEST and "https" in said.lower():
        return errors.ProtocolError(f"{asked}: the registry speaks TLS, and plain HTTP was asked for ({said})")
    return errors.RefusedError(message)


def unanswered(error: requests.exceptions.RequestException, asked: str) -> errors.RegistryError:
    """The error that the lack of an answer is."""
    said = innermost(error)[:LIMIT]
    if not isinstance(error, requests.exceptions.SSLError):
        return errors.UnreachableError(f"{asked}: {said}")
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return errors.ProtocolError(f"{asked}: the registry's certificate is not trusted here ({said})")
    return errors.ProtocolError(f"{asked}: the registry does not speak TLS; it may speak plain HTTP ({said})")


def innermost(error: BaseException) -> str:
    """What happened on the wire, without the words of the libraries around it."""
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    return innermost(inner) if isinstance(inner, Exception) else str(error)


def words(response: requests.Response) -> str:
    """What the registry says, from the body that the distribution specification gives an error, or any other text."""
    try:
        told = [_one(error) for error in json.loads(response.text)["errors"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return " ".join(response.text.split())[:LIMIT]
    return "; ".join(told)[:LIMIT]


def _one(error: dict[str, Any]) -> str:
    said = f"{error.get('code', '')}: {error.get('message', '')}".strip(": ")
    detail = error.get("detail")
    return f"{said} ({json.dumps(detail)})" if detail else said
