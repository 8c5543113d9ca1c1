"""What a pod's spec, as a person wrote it, names: images and Secrets, each with its field. Pure, of any shape."""

from collections.abc import Iterator, Mapping
from typing import Any

_CONTAINERS = ("initContainers", "containers")


def images(pod: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """(field, image) of its containers and volumes."""
    for path, container in _containers(pod, at):
        yield f"{path}.image", _text(container, "image")
    for path, volume in _items(pod, "volumes", at):
        yield f"{path}.image.reference", _text(volume, "image", "reference")


def secrets(pod: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    """(field, Secret) of what it pulls with, mounts and takes variables from."""
    for path, one in _items(pod, "imagePullSecrets", at):
        yield f"{path}.name", _text(one, "name")
    for path, volume in _items(pod, "volumes", at):
        yield f"{path}.secret.secretName", _text(volume, "secret", "secretName")
        for source, projected in _items(_field(volume, "projected"), "sources", f"{path}.projected"):
            yield f"{source}.secret.name", _text(projected, "secret", "name")
        yield from _references(volume, path)
    for path, container in _containers(pod, at):
        for source, one in _items(container, "envFrom", path):
            yield f"{source}.secretRef.name", _text(one, "secretRef", "name")
        for variable, one in _items(container, "env", path):
            yield f"{variable}.valueFrom.secretKeyRef.name", _text(one, "valueFrom", "secretKeyRef", "name")


def _references(volume: Any, path: str) -> Iterator[tuple[str, str]]:
    """Secrets with which a driver mounts a volume."""
    for driver, content in volume.items() if isinstance(volume, Mapping) else ():
        for field in ("secretRef", "nodePublishSecretRef"):
            yield f"{path}.{driver}.{field}.name", _text(content, field, "name")
        yield f"{path}.{driver}.secretName", _text(content, "secretName")


def _containers(pod: Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for group in _CONTAINERS:
        yield from _items(pod, group, at)


def _items(value: Any, name: str, at: str) -> Iterator[tuple[str, Any]]:
    """The items of a list, each with its path: by name where it has one."""
    found = _field(value, name)
    for number, item in enumerate(found if isinstance(found, list) else ()):
        yield f"{at}.{name}[{_text(item, 'name') or number}]", item


def _text(value: Any, *path: str) -> str:
    for part in path:
        value = _field(value, part)
    return value if isinstance(value, str) else ""


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
