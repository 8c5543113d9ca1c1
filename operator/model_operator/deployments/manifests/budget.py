"""How many servers a drain may take at a time: one, where that leaves another."""

from model_operator import containers, kinds, names


def protects(replicas: int) -> bool:
    """Whether it would forbid anything: of a single server, the one that may go is all."""
    return replicas > 1


def budget(resource: kinds.Manifest) -> kinds.Manifest:
    """The PodDisruptionBudget: one, so that a drain never waits for ever.

    Servers that are not ready may always go: a broken one must not keep its node from being drained.
    """
    metadata = resource["metadata"]
    own = {names.DEPLOYMENT_LABEL: metadata["name"]}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": containers.labels("server", metadata["name"], **own),
            "ownerReferences": [containers.owner(resource)],
        },
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": names.selector(metadata["name"])},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
