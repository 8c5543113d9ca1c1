"""A registry with a password, where nodes expect one, and models whose artifacts are kept in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import registries
from cluster import layout
from e2e import kube, lanes, manifests
from model_builder.publishing import oci
from model_serving.registries import connecting

REPOSITORY = f"{layout.STORE}/team/models"


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[registries.Registry]:
    """One that runs; whoever else wants one on its port waits. Its password is known here, too."""
    address, _, port = layout.STORE.partition(":")
    with (
        lanes.alone_with("registry"),
        registries.running(folder, address=address, port=int(port), password=True) as running,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DOCKER_CONFIG", str(registries.docker_config(folder / "client", layout.STORE)))
        yield running


def secret(name: str = "registry", password: str = registries.PASSWORD) -> kube.Manifest:
    """Credentials as kubelets and builds take them."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": registries.credentials(layout.STORE, password)},
    }


def model(
    name: str, push: str = "registry", *, pull: str = "registry", repository: str = REPOSITORY, **artifact: str
) -> kube.Manifest:
    """The small model of the ConfigMap `small`, kept in the registry."""
    store = {"repository": repository, "pushSecretName": push, "pullSecretName": pull, "plainHttp": True}
    asked = {"store": "oci", "oci": store, **artifact}
    return manifests.model_deployment(name, manifests.from_config_map("small"), artifact=asked)


def servers(namespace: kube.Namespace, name: str) -> list[kube.Manifest]:
    """Its pods that are not on their way out."""
    found = namespace.list("pods", f"modelsmith.dev/deployment={name},modelsmith.dev/track=stable")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def pushed(resource: kube.Manifest) -> bool:
    """The registry has the artifact of this ModelDeployment."""
    tag = oci.tag("artifact", resource["status"]["artifact"]["digest"])
    return connecting.Repository(REPOSITORY, plain_http=True).resolve(tag) is not None
