"""The fields of a spec, as the CustomResourceDefinition names them.

spec.model.inputs[].shape[]     "[]" stands for an item of a list (the first, where one must be picked)
spec.serving.nodeSelector{}     "{}" stands for a value of a map (its first key's)
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import copies

Schema = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
#: What is not there: null is a value of its own.
ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT"})()
_STEP = re.compile(r"[^.\[\]{}]+|\[\]|\{\}")


@dataclasses.dataclass(frozen=True, eq=False)
class Field:
    """One field of a spec."""

    path: str
    schema: Schema
    required: bool


def spec(plural: str = "modeldeployments") -> Schema:
    """The schema of a kind's spec."""
    text = (ROOT / f"crds/modelsmith.dev_{plural}.yaml").read_text(encoding="utf-8")
    version = yaml.safe_load(text)["spec"]["versions"][0]
    return version["schema"]["openAPIV3Schema"]["properties"]["spec"]


def fields(schema: Schema, path: str = "spec") -> Iterator[Field]:
    """Every field below one, leaves and objects alike."""
    for name, child in schema.get("properties", {}).items():
        yield Field(f"{path}.{name}", child, name in schema.get("required", ()))
        yield from fields(child, f"{path}.{name}")
    for keyword, sign in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in schema:
            yield Field(f"{path}{sign}", schema[keyword], required=False)
            yield from fields(schema[keyword], f"{path}{sign}")


def at(schema: Schema, path: str) -> Schema:
    """The schema of a field."""
    node = schema
    for step in steps(path):
        node = node["items" if step == "[]" else "additionalProperties"] if step in "[]{}" else node["properties"][step]
    return node


def steps(path: str) -> list[str]:
    """The way from spec to a field."""
    return _STEP.findall(path)[1:]


def get(value: Any, path: str) -> Any:
    """What a spec says at a path; ABSENT when nothing."""
    for step in steps(path):
        found = list(_keys(value, step))
        if not found:
            return ABSENT
        value = value[found[0]]
    return value


def put(value: Any, path: str, new: Any) -> Any:
    """A spec with another value at a path; ABSENT takes the field away. LookupError when its parent is not there."""
    result = copies.of(value)
    *way, last = steps(path)
    node = result
    for step in way:
        inner = next(_keys(node, step), ABSENT)
        if inner is ABSENT:
            raise LookupError(path)
        node = node[inner]
    key = next(_keys(node, last), last)
    if not isinstance(node, dict | list) or key in ("[]", "{}"):
        message = f"nothing stands at {path}"
        raise LookupError(message)
    if new is ABSENT:
        node.pop(key, None) if isinstance(node, dict) else node.pop(key)
    else:
        node[key] = copies.of(new)
    return result


def parent(path: str) -> str:
    """The field that a field stands in."""
    return path[: -len(steps(path)[-1])].rstrip(".")


def _keys(value: Any, step: str) -> Iterator[Any]:
    """The key that a step means in a value: none when it is not there."""
    if step == "[]":
        yield from (range(len(value))[:1] if isinstance(value, list) else ())
    elif step == "{}":
        yield from (list(value)[:1] if isinstance(value, dict) else ())
    elif isinstance(value, dict) and step in value:
        yield step
