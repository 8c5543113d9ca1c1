"""Credentials of a registry in a container: a Secret of type kubernetes.io/dockerconfigjson, as its clients read it.

They are mounted only where something is pushed or pulled.
"""

from typing import Any

from model_operator import containers

VOLUME = "registry"
MOUNT = "/modelsmith/registry"
#: By which a registry's client finds the folder.
VARIABLE = "DOCKER_CONFIG"
#: The Secret's key, and the file that is looked for.
KEY, FILE = ".dockerconfigjson", "config.json"


def environment(secret: str) -> dict[str, str]:
    """Where the credentials lie; nothing without a Secret."""
    return {VARIABLE: MOUNT} if secret else {}


def mounts(secret: str) -> list[containers.Mount]:
    """The credentials in a container."""
    return [containers.mount(VOLUME, MOUNT, read_only=True)] if secret else []


def volumes(secret: str) -> list[dict[str, Any]]:
    """The Secret as a file."""
    items = [{"key": KEY, "path": FILE}]
    return [{"name": VOLUME, "secret": {"secretName": secret, "items": items}}] if secret else []
