"""The cluster as one look sees it, and the kubelet that it lacks."""

from collections import defaultdict
from typing import Any

from edge import clusters, kubelet

from model_operator import connecting, kinds, listing, names

#: All that the operator makes, or that comes of it; and what is ours.
EVERY = (*kinds.EVERY, kinds.Kind("apps", "v1", "ReplicaSet", "replicasets"))


class World:
    """One namespace after another, as of the last look."""

    def __init__(self, cluster: clusters.Cluster) -> None:
        self.cluster = cluster
        self._objects: dict[tuple[str, kinds.Kind], dict[str, kinds.Manifest]] = {}

    def look(self) -> None:
        """See everything anew, and have pods run, or end, as a node would."""
        found: dict[tuple[str, kinds.Kind], dict[str, kinds.Manifest]] = defaultdict(dict)
        for kind, items in zip(EVERY, self.cluster.lists(map(_collection, EVERY)), strict=True):
            for item in items:
                found[item["metadata"]["namespace"], kind][item["metadata"]["name"]] = item
        self._objects = found
        for (namespace, kind), objects in found.items():
            if kind == kinds.POD:
                for pod in objects.values():
                    self._run(clusters.Namespace(self.cluster, namespace), pod)

    def all(self, namespace: str, kind: kinds.Kind) -> list[kinds.Manifest]:
        """Every object of a kind, by name."""
        found = self._objects.get((namespace, kind), {})
        return [found[name] for name in sorted(found)]

    def get(self, namespace: str, kind: kinds.Kind, name: str) -> kinds.Manifest | None:
        """One object."""
        return self._objects.get((namespace, kind), {}).get(name)

    def leftovers(self, namespace: str) -> list[str]:
        """What of ours is there."""
        return [f"{kind.kind} {one['metadata']['name']}" for kind in EVERY for one in self.all(namespace, kind)]

    def _run(self, namespace: clusters.Namespace, pod: kinds.Manifest) -> None:
        """A build ends well, a server becomes ready: at the first look at it."""
        metadata = pod["metadata"]
        if pod["status"].get("phase") != "Pending" or "deletionTimestamp" in metadata:
            return
        builds = names.JOB_NAME_LABEL in metadata["labels"]
        status: Any = kubelet.ended(pod, kubelet.published()) if builds else kubelet.serving(pod)
        try:
            namespace.patch(kinds.POD, metadata["name"], {"status": status}, "status")
        except clusters.Refused as refused:
            if refused.status not in {404, 409}:
                raise


def _collection(kind: kinds.Kind) -> str:
    """Of ours all, of the others those that are ours by their label."""
    return connecting.path(kind) + ("" if kind in kinds.OWN else f"?labelSelector={listing.selector()}")
