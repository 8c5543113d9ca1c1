"""The request as the builder reads it: an annotation of the build's pods, which the kubelet shows them as a file.

A ConfigMap would be one more object and one more write for each build, and could be refused, changed or somebody else's
while the Job is there. Annotations of an object hold 256 KiB in all, several times what the schema lets a request be.
"""

import json
from typing import Any

from model_builder import contract
from model_operator import names
from model_operator.builds import state

FILE = "request.json"


def annotations(request: contract.BuildRequest) -> dict[str, str]:
    """Of the pods."""
    return {names.REQUEST: json.dumps(written(request), separators=(",", ":"), sort_keys=True)}


def volume() -> dict[str, Any]:
    """What holds that file."""
    field = {"fieldPath": f"metadata.annotations['{names.REQUEST}']"}
    return {"downwardAPI": {"items": [{"path": FILE, "fieldRef": field}]}}


def written(request: contract.BuildRequest) -> dict[str, object]:
    """JSON of a request, equal for equal requests in every version: without defaults, but with the recipe."""
    result: dict[str, object] = {**state.dump(request), "recipe": request.recipe}
    return result
