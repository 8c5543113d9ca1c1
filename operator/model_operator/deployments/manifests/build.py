"""The ModelBuild that a ModelDeployment asks for, maybe together with others."""

from collections.abc import Sequence
from typing import Any

from model_operator import containers, kinds, names
from model_operator.api import build
from model_operator.builds import state
from model_operator.builds.manifests import request


def model_build(
    name: str, namespace: str, spec: build.ModelBuildSpec, owners: Sequence[dict[str, Any]]
) -> kinds.Manifest:
    """The ModelBuild. Without defaults: its spec cannot change, and a later version may know more fields."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.BUILD_KIND,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": containers.labels("build", name),
            "ownerReferences": list(owners),
        },
        "spec": {**state.dump(spec), "request": request.written(spec.request)},
    }
