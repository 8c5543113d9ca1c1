"""Which host and path belong to which ModelDeployment, wherever it is. Pure.

    models.example.com/v2/models/digits     of an Ingress: host and path
    digits.example.com/                     of the Gateway API: each name, whole

Of several that claim one, it is that of whoever serves there already (its status says so), else of the oldest. So
nobody takes a host by adding it to a ModelDeployment that is older.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from model_operator import kinds


def of(manifest: kinds.Manifest) -> dict[str, str]:
    """All that a ModelDeployment claims, in the order of the spec -> the field that says so. It may be an outline."""
    serving = _field(manifest, "spec", "serving")
    found: dict[str, str] = {}
    for field, claim in (*_of_ingress(_field(serving, "ingress")), *_of_gateway(_field(serving, "gateway"))):
        found.setdefault(claim, f"spec.serving.{field}")
    return found


def held(manifest: kinds.Manifest) -> list[str]:
    """Those that were given to it."""
    return list(_words(_field(manifest, "status", "serving", "hosts")))


def winner(claim: str, claimants: Iterable[kinds.Manifest]) -> kinds.Manifest:
    """Whose it is. ValueError when nobody claims it."""
    return min(claimants, key=lambda one: (claim not in held(one), *_age(one)))


def _of_ingress(ingress: Any) -> Iterator[tuple[str, str]]:
    host, path = _field(ingress, "host"), _field(ingress, "path")
    if isinstance(host, str):
        yield "ingress.host", f"{host}{path if isinstance(path, str) else '/'}"


def _of_gateway(gateway: Any) -> Iterator[tuple[str, str]]:
    for field in ("hostnames", "grpcHostnames"):
        yield from ((f"gateway.{field}", f"{name}/") for name in _words(_field(gateway, field)))


def _age(manifest: kinds.Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return metadata.get("creationTimestamp", ""), metadata.get("namespace", ""), metadata["name"]


def _words(value: Any) -> Iterator[str]:
    yield from (one for one in (value if isinstance(value, list) else ()) if isinstance(one, str))


def _field(value: Any, *path: str) -> Any:
    """A field of what need not have it: it may have been written under another schema."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value
