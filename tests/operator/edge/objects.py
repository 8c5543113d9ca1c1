"""A child and its owner, as we want them and as the API server shows them."""

from model_operator import comparing, kinds, names

OURS = {names.MANAGED_BY_LABEL: names.MANAGED_BY}


def controller(name: str = "web", uid: str = "1", kind: str = "ModelDeployment") -> kinds.Manifest:
    return {"apiVersion": "v1", "kind": kind, "name": name, "uid": uid, "controller": True}


def service(owner: kinds.Manifest | None = None, labels: dict | None = None, **metadata) -> kinds.Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "web",
            "namespace": "demo",
            "labels": OURS if labels is None else labels,
            "ownerReferences": [owner or controller()],
            **metadata,
        },
        "spec": {"selector": {"a": "b"}},
    }


def live(manifest: kinds.Manifest, **metadata) -> kinds.Manifest:
    """As the API server shows it after an apply of ours."""
    sent = comparing.stamped(manifest)
    return {**sent, "metadata": {**sent["metadata"], "uid": "u", "resourceVersion": "5", **metadata}}


def resource(**status) -> kinds.Manifest:
    metadata = {"name": "web", "namespace": "demo", "uid": "1", "resourceVersion": "5"}
    return {"apiVersion": names.API_VERSION, "kind": "ModelDeployment", "metadata": metadata, "status": status}
