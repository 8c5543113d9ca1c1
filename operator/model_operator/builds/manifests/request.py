"""The request as the builder reads it: a ConfigMap with one file."""

import json

from model_builder import contract
from model_operator import containers, kinds, names
from model_operator.builds import state

FILE = "request.json"


def config_map(resource: kinds.Manifest, request: contract.BuildRequest) -> kinds.Manifest:
    """The ConfigMap. It carries the build's name, and lives as long."""
    metadata = resource["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": containers.labels("build", metadata["name"], **{names.BUILD_LABEL: metadata["name"]}),
            "ownerReferences": [containers.owner(resource)],
        },
        "data": {FILE: json.dumps(written(request), indent=1, sort_keys=True)},
    }


def written(request: contract.BuildRequest) -> dict[str, object]:
    """JSON of a request, equal for equal requests in every version: without defaults, but with the recipe."""
    result: dict[str, object] = {**state.dump(request), "recipe": request.recipe}
    return result
