"""A revision, kept as Kubernetes keeps those of its own controllers: everything needed to serve it again."""

from model_operator import containers, kinds, names
from model_operator.deployments import revisions


def controller_revision(resource: kinds.Manifest, revision: revisions.Revision, number: int) -> kinds.Manifest:
    """The ControllerRevision. Its data cannot change; an equal revision is never written twice."""
    metadata = resource["metadata"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": revision.name,
            "namespace": metadata["namespace"],
            "labels": containers.labels("revision", metadata["name"], **{names.DEPLOYMENT_LABEL: metadata["name"]}),
            "ownerReferences": [containers.owner(resource)],
        },
        "revision": number,
        "data": {"artifact": revision.artifact, "template": revision.template, "figures": revision.figures},
    }
