"""ModelDeployments for tests, and what a test asks of them."""

import copy
from typing import Any

from edge import clusters, kubelet

from model_operator import kinds, names

SOURCE = "digits-model"
SPEC: dict[str, Any] = {
    "model": {
        "source": {"configMap": {"name": SOURCE}},
        "format": "stateDict",
        "weights": "digits.pt",
        "architecture": {"factory": "digits:build"},
        "inputs": [{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
    }
}
#: Everything that a ModelDeployment makes, in the end.
FAMILY = (
    kinds.MODEL_BUILD,
    kinds.PERSISTENT_VOLUME_CLAIM,
    kinds.JOB,
    kinds.DEPLOYMENT,
    kinds.SERVICE,
    kinds.POD_DISRUPTION_BUDGET,
    kinds.CONTROLLER_REVISION,
    kinds.POD,
)


def spec(**serving: Any) -> dict[str, Any]:
    """A small spec."""
    made = copy.deepcopy(SPEC)
    if serving:
        made["serving"] = serving
    return made


def provide_source(namespace: clusters.Namespace) -> None:
    """The ConfigMap that holds the model: a user's, without a label of ours."""
    data = {
        "digits.pt": "d2VpZ2h0cw==",
        "digits.py": "ZGVmIGJ1aWxkKCk6IC4uLg==",
        "train.npz": "YQ==",
        "test.npz": "Yg==",
    }
    namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": SOURCE}, "binaryData": data})


def deploy(namespace: clusters.Namespace, name: str, content: dict[str, Any] | None = None) -> kinds.Manifest:
    """`kubectl create` of a ModelDeployment."""
    return namespace.create(kinds.MODEL_DEPLOYMENT, {"metadata": {"name": name}, "spec": content or spec()})


def condition(manifest: kinds.Manifest | None, type_: str) -> kinds.Manifest:
    """One condition; empty while there is none."""
    conditions = ((manifest or {}).get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == type_), {})


def until_reason(namespace: clusters.Namespace, name: str, reason: str, type_: str = "Ready") -> kinds.Manifest:
    """Wait until a condition of this generation has this reason."""
    last: dict[str, Any] = {}

    def look() -> kinds.Manifest | None:
        found = namespace.find(kinds.MODEL_DEPLOYMENT, name)
        last.update(condition(found, type_))
        status = (found or {}).get("status") or {}
        current = found and status.get("observedGeneration") == found["metadata"]["generation"]
        return found if current and last.get("reason") == reason else None

    try:
        return clusters.until(look, f"{name}: {type_} has the reason {reason}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it says {last}") from None


def only_job(namespace: clusters.Namespace) -> kinds.Manifest:
    """The one Job of a namespace."""
    return clusters.until(lambda: namespace.only(kinds.JOB), "there is a Job")


def build(namespace: clusters.Namespace) -> None:
    """Have the one build of a namespace end well."""
    kubelet.end_build(only_job(namespace), namespace, kubelet.published())


def make_ready(namespace: clusters.Namespace, name: str, replicas: int = 1) -> kinds.Manifest:
    """From an accepted ModelDeployment, whose build is done or will be by the caller, to one that serves."""
    clusters.until(lambda: namespace.find(kinds.DEPLOYMENT, name), f"Deployment {name} exists")
    kubelet.serve(namespace, name, replicas)
    return until_reason(namespace, name, "Serving")


def leftovers(namespace: clusters.Namespace) -> list[str]:
    """What of ours is still there."""
    selector = f"{names.MANAGED_BY_LABEL}={names.MANAGED_BY}"
    return [
        f"{kind.kind} {one['metadata']['name']}"
        for kind in (*FAMILY, kinds.CONFIG_MAP)
        for one in namespace.list(kind, selector)
    ]
