"""Whether a podTemplate can be merged and read at all: each check yields the field and what to write instead.

Pure. It is what a person wrote in a field that the API server does not look into: of any shape.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from model_operator.api import placement, quantities

#: The field, and why not with the way out.
Offence = tuple[str, str]
Map = Mapping[str, Any]
#: Where a pod's spec has containers.
CONTAINERS = ("initContainers", "containers")
#: What is added to a container of ours.
_LISTS = ("env", "envFrom", "volumeMounts")


def directives(change: placement.PodTemplate, _: Map) -> Iterator[Offence]:
    """Nothing is taken out of what we make."""
    yield from _directives(change.spec, "spec")


def shapes(change: placement.PodTemplate, rendered: Map) -> Iterator[Offence]:
    """What is merged by name has names; what is added to a container of ours comes in lists."""
    for field in (*CONTAINERS, "volumes"):
        value = change.spec.get(field, [])
        named = isinstance(value, list) and all(
            isinstance(one, dict) and isinstance(one.get("name"), str) for one in value
        )
        if not named:
            yield f"spec.{field}", "must be a list of objects, each with a name"
            return
    ours = {one["name"] for field in CONTAINERS for one in rendered["spec"][field]}
    for field in CONTAINERS:
        for one in change.spec.get(field) or ():
            for part in _LISTS if one["name"] in ours else ():
                if one.get(part, []) != items(one.get(part, [])):
                    yield f"spec.{field}[{one['name']}].{part}", "must be a list of objects"


def amounts(change: placement.PodTemplate, _: Map) -> Iterator[Offence]:
    """Of an amount that it cannot read, the API server does not say where it stands."""
    for path, resources in _resources(change.spec, "spec"):
        for kind in ("limits", "requests"):
            for name, value in mapping(resources.get(kind)).items():
                if not _is_amount(value):
                    yield f"{path}.{kind}.{name}", f"{value!r} is no quantity: write 500m, 2 or 1Gi"


#: In this order: what comes later relies on what comes before.
CHECKS: tuple[Callable[[placement.PodTemplate, Map], Iterator[Offence]], ...] = (directives, shapes, amounts)


def _directives(value: Any, path: str) -> Iterator[Offence]:
    if value is None:
        yield path, "null takes nothing out here: drop the field"
    for key, inner in value.items() if isinstance(value, dict) else ():
        if str(key).startswith("$"):
            yield f"{path}.{key}", "directives of a patch are not carried out: write the fields that you want"
        yield from _directives(inner, f"{path}.{key}")
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from _directives(item, f"{path}[{mapping(item).get('name', number)}]")


def _resources(value: Any, path: str) -> Iterator[tuple[str, Map]]:
    """Every `resources` of a pod's spec: of containers, of claims that it makes, of the pod itself."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "resources" and isinstance(inner, dict):
            yield f"{path}.{key}", inner
        yield from _resources(inner, f"{path}.{key}")
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from _resources(item, f"{path}[{mapping(item).get('name', number)}]")


def _is_amount(value: Any) -> bool:
    try:
        quantities.amount(value)
    except ValueError:
        return False
    return True


def mapping(value: Any) -> Map:
    """A map, or an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[dict[str, Any]]:
    """The maps of a list; none of anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
