"""From the schema of one field to values for it: those at the edges of what it allows, and those just beyond.

`example(schema, n)` is the n-th plain value: different n give different values wherever the schema has room.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

from mutation import schemas, words

Schema = schemas.Schema
#: A name that no field has.
UNKNOWN = "notAField"
#: Kubernetes numbers without a bound of their own.
_INT64 = (-(2**63), 2**63 - 1)
#: Spellings of quantities that the API server of a pod rewrites.
_QUANTITIES = ("1000m", "1.5", "0.001", "2048Mi", "1.5Gi", "999999999999999P", "999999999999999.999Pi")
_OF_TYPES = {"string": "a", "integer": 7, "number": 7.5, "boolean": True, "array": [], "object": {}}


@dataclasses.dataclass(frozen=True)
class Case:
    """One value, named; `valid` as far as the schema of this field alone can tell."""

    label: str
    value: Any
    valid: bool


def cases(field: schemas.Field) -> list[Case]:
    """What to write into a field."""
    valid = {"absent": schemas.ABSENT, **dict(_valid(field.schema))}
    invalid = dict(_invalid(field.schema))
    return [
        *(Case(label, value, label != "absent" or not field.required) for label, value in valid.items()),
        *(Case(label, value, False) for label, value in invalid.items()),
    ]


def example(schema: Schema, number: int = 0) -> Any:
    """A plain value that the schema allows."""
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    return _EXAMPLES[kind(schema)](schema, number)


def kind(schema: Schema) -> str:
    """The type that a schema allows."""
    return "quantity" if schema.get("x-kubernetes-int-or-string") else schema["type"]


def room(schema: Schema) -> int:
    """How many different examples there are, up to a thousand."""
    return len({repr(example(schema, number)) for number in range(1000)})


def _valid(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "enum" in schema:
        yield from ((f"member {member}", member) for member in schema["enum"])
    else:
        yield from _EDGES[kind(schema)](schema)


def _invalid(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Other types, and what lies beyond each edge."""
    taken = {"quantity": ("string", "integer"), "number": ("number", "integer")}.get(kind(schema), (kind(schema),))
    yield from ((f"a {name}", value) for name, value in _OF_TYPES.items() if name not in taken)
    if "enum" in schema:
        yield "no member", "ofALaterVersion"
    else:
        yield from _BEYOND[kind(schema)](schema)


def _string_edges(schema: Schema) -> Iterator[tuple[str, Any]]:
    least, most, pattern = schema.get("minLength", 0), schema.get("maxLength"), schema.get("pattern", "^.*$")
    yield "shortest", words.word(pattern, least)
    if most:
        yield "longest", words.word(pattern, most)[:most]
    yield "another", example(schema, 1)


def _string_beyond(schema: Schema) -> Iterator[tuple[str, Any]]:
    pattern, most = schema.get("pattern", "^.*$"), schema.get("maxLength")
    if "pattern" in schema:
        yield from ((f"strange {word!r}", word) for word in words.refused(pattern))
    longer = words.word(pattern, most + 1) if most else ""
    if most and len(longer) > most:
        yield "too long", longer


def _number_edges(schema: Schema) -> Iterator[tuple[str, Any]]:
    low, high = _bounds(schema)
    yield from (("least", low), ("most", high), ("between", example(schema, 1)))


def _number_beyond(schema: Schema) -> Iterator[tuple[str, Any]]:
    low, high = _bounds(schema)
    if kind(schema) == "number":
        yield from (("below", low / 10), ("above", high * 1.5))
    else:
        yield from (("below", low - 1), ("above", high + 1), ("a fraction", 1.5))


def _quantity_edges(schema: Schema) -> Iterator[tuple[str, Any]]:
    yield from _number_edges(schema)
    yield from ((f"written {text}", text) for text in _QUANTITIES)


def _quantity_beyond(schema: Schema) -> Iterator[tuple[str, Any]]:
    yield from _number_beyond(schema)
    yield from _string_beyond(schema)
    yield from ((f"written {text}", text) for text in ("1e3", "-1", "1GB", "1.5.0", "0x10"))


def _array_edges(schema: Schema) -> Iterator[tuple[str, Any]]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
    yield "fewest", _items(schema, least)
    yield "several", _items(schema, max(least, min(3, most, room(schema["items"]))))
    yield "full", _items(schema, most)


def _array_beyond(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "maxItems" in schema:
        yield "too many", _items(schema, schema["maxItems"] + 1)
    if schema.get("minItems"):
        yield "too few", _items(schema, schema["minItems"] - 1)


def _object_edges(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "additionalProperties" in schema:
        most = schema.get("maxProperties", 3)
        yield from (("empty", {}), ("one entry", _entries(schema, 1)), ("full", _entries(schema, most)))
    else:
        yield from (("smallest", example(schema)), ("whole", _whole(schema)))


def _object_beyond(schema: Schema) -> Iterator[tuple[str, Any]]:
    if "additionalProperties" in schema:
        if "maxProperties" in schema:
            yield "too many", _entries(schema, schema["maxProperties"] + 1)
        return
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return  # anything goes, as far as the schema knows
    yield "an unknown field", {**example(schema), UNKNOWN: 1}
    for name in schema.get("required", ()):
        yield f"without {name}", {key: value for key, value in example(schema).items() if key != name}


def _bounds(schema: Schema) -> tuple[Any, Any]:
    return schema.get("minimum", _INT64[0]), schema.get("maximum", _INT64[1])


def _items(schema: Schema, count: int) -> list[Any]:
    return [example(schema["items"], number) for number in range(count)]


def _entries(schema: Schema, count: int) -> dict[str, Any]:
    return {f"key-{number}": example(schema["additionalProperties"], number) for number in range(count)}


def _whole(schema: Schema, number: int = 0) -> dict[str, Any]:
    """With every field that there is."""
    return {name: example(child, number) for name, child in schema.get("properties", {}).items()}


def _example_of_string(schema: Schema, number: int) -> str:
    pattern, most = schema.get("pattern", "^.*$"), schema.get("maxLength", 2000)
    return words.word(pattern, min(most, max(1, number + 1)))


def _example_of_number(schema: Schema, number: int) -> Any:
    """Above the lower bound, and above zero where there is room."""
    low, high = schema.get("minimum", 0), schema.get("maximum", _INT64[1])
    if kind(schema) == "number":
        return min(high, low + (high - low) * (number + 1) / 8)
    return min(high, max(low, 1) + number)


def _example_of_object(schema: Schema, number: int) -> dict[str, Any]:
    if "additionalProperties" in schema:
        return _entries(schema, min(1, number))
    return {name: example(schema["properties"][name], number) for name in schema.get("required", ())}


_EXAMPLES: dict[str, Any] = {
    "string": _example_of_string,
    "integer": _example_of_number,
    "number": _example_of_number,
    "quantity": lambda _, number: str(number + 1),
    "boolean": lambda _, number: number % 2 == 0,
    "array": lambda schema, number: _items(schema, max(schema.get("minItems", 0), number % 3)),
    "object": _example_of_object,
}
_EDGES: dict[str, Any] = {
    "string": _string_edges,
    "integer": _number_edges,
    "number": _number_edges,
    "quantity": _quantity_edges,
    "boolean": lambda _: (("true", True), ("false", False)),
    "array": _array_edges,
    "object": _object_edges,
}
_BEYOND: dict[str, Any] = {
    "string": _string_beyond,
    "integer": _number_beyond,
    "number": _number_beyond,
    "quantity": _quantity_beyond,
    "boolean": lambda _: (("the word true", "true"), ("the number one", 1)),
    "array": _array_beyond,
    "object": _object_beyond,
}
