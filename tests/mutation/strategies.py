"""Whole specs drawn at random from a schema, and specs that are wrong in one place."""

import json
from typing import Any

from hypothesis import strategies as st

import copies
from mutation import bases, schemas, values

Schema = schemas.Schema
#: Drawn in the place of what the schema gives, so that most specs get beyond the first check.
SENSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "spec.model.source": st.sampled_from([{"configMap": {"name": "digits-model"}}, {"pvc": {"claimName": "models"}}]),
    "spec.model.weights": st.sampled_from(sorted(bases.FILES)),
    "spec.model.architecture.factory": st.just("digits:build"),
    "spec.build.calibration.data.file": st.just("train.npz"),
    "spec.build.evaluation.data.file": st.sampled_from(["test.npz", "held-back.npz"]),
    "spec.build.target": st.sampled_from([{"cpu": "portable"}, {"cpu": "amx"}, {"gpu": {}}]),
    "spec.serving.podTemplate.spec": st.sampled_from(
        [{}, {"schedulerName": "kai-scheduler"}, {"hostNetwork": True}, {"volumes": None}, {"tolerations": []}]
    ),
    "spec.artifact": st.sampled_from([{}, {"claimName": "shelf", "size": "5Gi"}, bases.ON_GPU["artifact"]]),
}
_COMPUTE = ("cpu", "memory", "ephemeral-storage", "example.com/device")
#: Any character that JSON and the API server take.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=4,
)


def of(schema: Schema, path: str = "spec") -> st.SearchStrategy[Any]:
    """Values of one field: sometimes at an edge, mostly somewhere between."""
    if path in SENSIBLE:
        return SENSIBLE[path] | _plain(schema, path)
    return _plain(schema, path)


def _plain(schema: Schema, path: str) -> st.SearchStrategy[Any]:
    kind = "enum" if "enum" in schema else values.kind(schema)
    if kind == "object":
        return _object(schema, path)
    if kind == "array":
        items = of(schema["items"], f"{path}[]")
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(4, schema["maxItems"]))
    return st.sampled_from(_pool(schema, kind))


def _pool(schema: Schema, kind: str) -> list[Any]:
    """Some values that the schema allows: drawing from a pool is a hundred times faster than from a pattern."""
    if kind == "enum":
        return schema["enum"]
    field = schemas.Field("", schema, required=True)
    edges = [case.value for case in values.cases(field) if case.valid and case.value is not schemas.ABSENT]
    return [*edges, *(values.example(schema, number) for number in range(6))]


def _object(schema: Schema, path: str) -> st.SearchStrategy[Any]:
    if "additionalProperties" in schema:
        keys = st.sampled_from(_COMPUTE) if "resources" in path else st.sampled_from(["disk", "a.example/b"])
        return st.dictionaries(keys, of(schema["additionalProperties"], f"{path}{{}}"), max_size=3)
    needed = set(schema.get("required", ()))
    parts = {name: of(child, f"{path}.{name}") for name, child in schema.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in needed},
        optional={name: part for name, part in parts.items() if name not in needed},
    )


@st.composite
def almost(draw: st.DrawFn, right: st.SearchStrategy[Any]) -> Any:
    """A value that is wrong in one to three places: replaced, taken away, or added."""
    value = copies.of(draw(right))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(value))
        holder, key = draw(st.sampled_from(places)) if places else (None, None)
        if holder is None:
            return draw(junk)
        _spoil(holder, key, draw(st.sampled_from(["replace", "remove", "add"])), draw(junk), draw(_TEXT))
    return value


def _spoil(holder: Any, key: Any, way: str, new: Any, name: str) -> None:
    if way == "remove":
        holder.pop(key)
    elif way == "add" and isinstance(holder, dict):
        holder[name] = new
    else:
        holder[key] = new


def _places(value: Any) -> Any:
    """Every holder and key in a value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(entries):
        yield value, key
        yield from _places(inner)


@st.composite
def torn(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text of which some is lost, doubled or overwritten."""
    text = draw(texts)
    start, length = draw(st.integers(0, len(text))), draw(st.integers(0, 60))
    between = draw(
        st.sampled_from(["", text[start : start + length] * 2, "\x00\x1b[31m", "\u202e", '"', "{" * 50, "\ud800"])
    )
    return text[:start] + between + text[start + length :]


def written(value: Any) -> str:
    """As JSON."""
    return json.dumps(value)
