"""What a user does with one model, from its creation to its end, told as steps that each wait for what must come true.

A story is a generator: it does something, and yields a claim. Whoever tells it goes on when the claim holds. So many
stories are told at once by one thread, and none of them polls the API server by itself.
"""

from collections.abc import Callable, Iterator

from edge import clusters, resources

from model_operator import kinds
from soak import worlds

NAME = "digits"
#: What must come true, and how it is called when it does not.
Claim = tuple[str, Callable[[worlds.World], bool]]
Story = Iterator[Claim]


def life(namespace: clusters.Namespace) -> Story:
    """Create, change how it is served, change what is built, scale."""
    resources.provide_source(namespace)
    resources.deploy(namespace, NAME, resources.spec(replicas=1))
    yield _serves(namespace, 1)
    _patch(namespace, {"serving": {"batching": {"maxBatchSize": 16}}})
    yield _serves(namespace, 1)
    _patch(namespace, {"model": {"architecture": {"factory": "digits:another"}}})
    yield _serves(namespace, 1)
    namespace.patch(kinds.MODEL_DEPLOYMENT, NAME, {"spec": {"replicas": 3}}, "scale")
    yield _serves(namespace, 3)


def end(namespace: clusters.Namespace) -> Story:
    """Delete it."""
    namespace.delete(kinds.MODEL_DEPLOYMENT, NAME)
    yield "nothing of it is left", lambda world: not world.leftovers(namespace.name)


def _patch(namespace: clusters.Namespace, spec: kinds.Manifest) -> None:
    namespace.patch(kinds.MODEL_DEPLOYMENT, NAME, {"spec": spec})


def _serves(namespace: clusters.Namespace, servers: int) -> Claim:
    """The ModelDeployment says that this generation serves, and it does."""
    generation = namespace.find(kinds.MODEL_DEPLOYMENT, NAME)["metadata"]["generation"]

    def holds(world: worlds.World) -> bool:
        model = world.get(namespace.name, kinds.MODEL_DEPLOYMENT, NAME)
        status = (model or {}).get("status") or {}
        ready = resources.condition(model, "Ready")
        pods = [pod for pod in world.all(namespace.name, kinds.POD) if pod["status"]["phase"] == "Running"]
        said = (status.get("observedGeneration"), ready.get("status"), ready.get("reason"))
        return said == (generation, "True", "Serving") and len(pods) == servers and status["replicas"] == servers

    return f"generation {generation} serves with {servers}", holds
