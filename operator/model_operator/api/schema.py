"""From a pydantic type to a structural OpenAPI schema, the dialect that a CustomResourceDefinition speaks.

    pydantic                                    CRD
    $ref, $defs, title, const                   inlined, dropped, enum of one
    additionalProperties: false                 dropped: the API server prunes or refuses unknown fields itself
    anyOf [X, null]                             X: absent is the only way to say nothing
    int | str with x-kubernetes-int-or-string   anyOf without types below, as the API server demands
    default: whole objects                      {} : the fields' own defaults fill it, so each default stands once
    default: "", [], {}, null                   dropped: absent means the same, and `kubectl get -o yaml` stays short

Whatever else pydantic may emit is refused: better a failing test than a definition that says less than the type.
"""

import copy
from typing import Any

import pydantic

Schema = dict[str, Any]

INT_OR_STRING = "x-kubernetes-int-or-string"
#: Copied as they are.
_KEYWORDS = (
    "type",
    "description",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    INT_OR_STRING,
    "x-kubernetes-preserve-unknown-fields",
)
#: Looked at, and written in another way or not at all.
_TRANSLATED = frozenset(
    {"$defs", "anyOf", "title", "const", "default", "properties", "required", "items", "additionalProperties"}
)
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def of(model: type[pydantic.BaseModel], *, defaults: bool = True) -> Schema:
    """The schema of a type; without defaults for what only the operator writes."""
    document = model.model_json_schema(by_alias=True, mode="validation")
    schema = structural(document, document.get("$defs", {}))
    return schema if defaults else without_defaults(schema)


def structural(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """One node and all below it. TypeError for what a structural schema cannot say."""
    node = _resolved(node, definitions)
    if strange := node.keys() - _TRANSLATED - {*_KEYWORDS}:
        message = f"no structural schema says {sorted(strange)}: {node}"
        raise TypeError(message)
    # Copies: what two fields of one type share would be an alias in YAML.
    result = {keyword: copy.copy(node[keyword]) for keyword in _KEYWORDS if keyword in node}
    if "const" in node:
        result["enum"] = [node["const"]]
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    _set_children(result, node, definitions)
    _set_default(result, node)
    return result


def without_defaults(node: Schema) -> Schema:
    """The same schema with no default anywhere."""
    result = {key: value for key, value in node.items() if key != "default"}
    if "properties" in node:
        result["properties"] = {name: without_defaults(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            result[key] = without_defaults(node[key])
    return result


def _resolved(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Without references and unions; what stands beside a reference wins over what it refers to."""
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _resolved({**target, **{key: value for key, value in node.items() if key != "$ref"}}, definitions)
    if "anyOf" not in node:
        return node
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    branches = [branch for branch in node["anyOf"] if branch.get("type") != "null"]
    if node.get(INT_OR_STRING):
        return {**_merged(branches), **rest}
    if len(branches) != 1:
        message = f"a union of types has no structural schema: {node}"
        raise TypeError(message)
    return _resolved({**branches[0], **rest}, definitions)


def _merged(branches: list[Schema]) -> Schema:
    """The limits of the integer and of the string side by side: each speaks of its own type only."""
    return {key: value for branch in branches for key, value in branch.items() if key != "type"}


def _set_children(result: Schema, node: Schema, definitions: dict[str, Schema]) -> None:
    if node.get(INT_OR_STRING):
        result["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if "properties" in node:
        result["properties"] = {name: structural(child, definitions) for name, child in node["properties"].items()}
    if node.get("required"):
        result["required"] = sorted(node["required"])
    if "items" in node:
        result["items"] = structural(node["items"], definitions)
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = structural(node["additionalProperties"], definitions)


def _set_default(result: Schema, node: Schema) -> None:
    if "properties" in result:
        if isinstance(node.get("default"), dict) and any("default" in child for child in result["properties"].values()):
            result["default"] = {}
    elif node.get("default") not in _EMPTY:
        result["default"] = node["default"]
    elif node.get("default") == "" and "enum" in result:
        message = f"an empty default is not in the enum: {node}"
        raise TypeError(message)
