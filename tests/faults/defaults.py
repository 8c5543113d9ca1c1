"""The defaults that our CustomResourceDefinitions give, filled in as the API server does."""

import functools
from pathlib import Path
from typing import Any

import yaml

from model_operator import kinds

_CRDS = Path(__file__).resolve().parents[2] / "crds"


@functools.cache
def _schema(kind: kinds.Kind) -> dict[str, Any]:
    text = (_CRDS / f"{kind.group}_{kind.plural}.yaml").read_text()
    versions = yaml.safe_load(text)["spec"]["versions"]
    return versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def filled(kind: kinds.Kind, manifest: kinds.Manifest) -> kinds.Manifest:
    """With the defaults of its spec; other kinds as they are: nobody here depends on theirs."""
    if kind not in kinds.OWN or "spec" not in manifest:
        return manifest
    return {**manifest, "spec": _filled(_schema(kind), manifest["spec"])}


def _filled(schema: dict[str, Any], value: Any) -> Any:
    properties = schema.get("properties")
    if isinstance(value, list) and "items" in schema:
        return [_filled(schema["items"], item) for item in value]
    if not isinstance(value, dict) or not properties:
        return value
    given = {name: part["default"] for name, part in properties.items() if "default" in part and name not in value}
    return {name: _filled(properties.get(name, {}), part) for name, part in {**value, **given}.items()}
