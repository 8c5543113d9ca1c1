"""How the steps of a build reach its store: a claim that is mounted, or a registry that they are told of.

pvc   fetch reads the claim, publish writes it             where the builder looks by itself
oci   fetch and publish get --store=oci://<repository>     and the Secret, which no other step meets
"""

from typing import Any

from model_builder import contract
from model_operator import containers, locations, registries
from model_operator.api import build

VOLUME, MOUNT = "store", "/modelsmith/store"
_USERS = frozenset({contract.Step.FETCH, contract.Step.PUBLISH})


def arguments(step: contract.Step, store: build.BuildStore) -> list[str]:
    """What a step is told."""
    if store.oci is None or step not in _USERS:
        return []
    plain = ["--plain-http"] if store.oci.plain_http else []
    return [f"--store={locations.REPOSITORY}{store.oci.repository}", *plain]


def environment(step: contract.Step, store: build.BuildStore) -> dict[str, str]:
    """Where it finds credentials."""
    return registries.environment(_secret(step, store))


def mounts(step: contract.Step, store: build.BuildStore) -> list[containers.Mount]:
    """The claim, which only publish writes; or the credentials."""
    if store.oci is None and step in _USERS:
        return [containers.mount(VOLUME, MOUNT, read_only=step is contract.Step.FETCH)]
    return registries.mounts(_secret(step, store))


def volumes(store: build.BuildStore) -> list[dict[str, Any]]:
    """The claim, or the Secret where there is one."""
    if store.oci is None:
        return [{"name": VOLUME, "persistentVolumeClaim": {"claimName": store.claim_name}}]
    return registries.volumes(store.oci.push_secret_name)


def _secret(step: contract.Step, store: build.BuildStore) -> str:
    return store.oci.push_secret_name if store.oci and step in _USERS else ""
