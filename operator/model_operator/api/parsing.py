"""From an object as the API server shows it to our types, tolerant where it must be.

A spec that this version does not understand is somebody's to mend, so it is told. A status is our own memory, maybe
of another version: what is understood of it is kept, because what was recorded there (the images above all) decides
whether servers restart.
"""

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

import pydantic

from model_builder import contract

Kind = TypeVar("Kind", bound=contract.Wire)

#: Problems worth telling at once.
_PROBLEMS = 3


def spec(model: type[Kind], manifest: dict[str, Any]) -> tuple[Kind | None, str]:
    """The spec, or None and what is wrong with which field."""
    try:
        return model.model_validate(manifest.get("spec") or {}), ""
    except pydantic.ValidationError as error:
        return None, "; ".join(map(_problem, error.errors()[:_PROBLEMS]))


def status(model: type[Kind], manifest: dict[str, Any]) -> Kind:
    """The status, less the fields that are not understood: an unknown one alone, a wrong one with all around it."""
    written = manifest.get("status") or {}
    try:
        return model.model_validate(written)
    except pydantic.ValidationError as error:
        return _understood(model, copy.deepcopy(dict(written)), error)


def _understood(model: type[Kind], written: dict[str, Any], error: pydantic.ValidationError) -> Kind:
    """What is left when all that is not understood is taken out."""
    while _pruned(written, error.errors()):
        try:
            return model.model_validate(written)
        except pydantic.ValidationError as another:
            error = another
    return model()


def _pruned(written: dict[str, Any], problems: Sequence[Any]) -> bool:
    """Remove what is not understood; whether there was anything to remove."""
    removed = False
    for problem in problems:
        path = problem["loc"] if problem["type"] == "extra_forbidden" else problem["loc"][:1]
        parent: Any = written
        for part in path[:-1]:
            parent = parent[part]
        removed |= parent.pop(path[-1], None) is not None if isinstance(parent, dict) and path else False
    return removed


def _problem(error: Any) -> str:
    path = ".".join(map(str, ("spec", *error["loc"])))
    return f"{path}: {error['msg']}"
