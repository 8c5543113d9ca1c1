"""What a person changes of the pods (spec.serving.podTemplate), merged into what we render.

Pure. What may not be changed is found before (`protecting`). A required node affinity is the one thing that is not
merged as Kubernetes would: its terms are ORed, and a list that replaced ours would send servers to nodes where their
artifact does not run. So a node must fit one of ours and one of theirs.
"""

from typing import Any

from model_operator import merging
from model_operator.api import placement
from model_operator.deployments.manifests import affinity

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def applied(template: dict[str, Any], change: placement.PodTemplate | None) -> dict[str, Any]:
    """The pods of a revision with a person's changes merged in."""
    if change is None:
        return template
    metadata = {name: value for name, value in change.metadata.model_dump().items() if value}
    ours, theirs = _terms(template["spec"]), _terms(change.spec)
    result: dict[str, Any] = merging.merged(template, {"metadata": metadata, "spec": change.spec})
    if ours and isinstance(theirs, list) and all(isinstance(term, dict) for term in theirs):
        # Merged once more, because the change itself must stay as it was written.
        result = merging.merged(result, {"spec": {"affinity": affinity.affinity(affinity.both(ours, theirs))}})
    return result


def _terms(pod: dict[str, Any]) -> Any:
    """The terms of a required node affinity, whatever a person wrote in their place."""
    node: Any = pod
    for field in ("affinity", "nodeAffinity", _REQUIRED, "nodeSelectorTerms"):
        node = node.get(field) if isinstance(node, dict) else None
    return node
