"""Artifacts that expect answers which no server gives: what a spoilt build, or another kind of node, looks like."""

from e2e import failing, kube, manifests, smallmodels, waiting
from model_operator import names


def forge(namespace: kube.Namespace, name: str, source: str, mark: float, image: str) -> None:
    """Have the model of a ConfigMap lead to such an artifact, in a namespace in which nothing else was built yet.

    A ModelDeployment without servers keeps it; whoever asks for the same model gets it, too.
    """
    namespace.apply(
        manifests.config_map(source, smallmodels.files(mark)),
        manifests.model_deployment(name, manifests.from_config_map(source), serving={"replicas": 0}),
    )
    honest = waiting.condition(namespace, name, "Built", "True")["status"]["build"]
    failing.on_claim(namespace, names.ARTIFACT_CLAIM, failing.FORGE, image)
    namespace.annotate("mdep", name, names.REQUESTED_AT, "forged")
    waiting.until("the forged artifact is found", lambda: _hit(namespace, name, honest), 120, namespace)


def _hit(namespace: kube.Namespace, name: str, honest: kube.Manifest) -> bool:
    """The store had it, where it was built before."""
    found = namespace.get("mdep", name)["status"]["build"]
    return found["cacheHit"] and not honest["cacheHit"]
