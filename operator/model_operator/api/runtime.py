"""How an artifact is served, as a person writes it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from model_builder import contract
from model_operator.api import autoscaling as scaling_api
from model_operator.api import network, placement, quantities, rollouts, types
from model_serving import model_config, settings

#: Bytes; a cache that is much smaller does not even hold its own table, and Triton does not start.
CACHE_LEAST = 2**20


class ResponseCache(contract.Wire):
    """Answers that are kept in the server's memory, and given again to the same request."""

    size: types.Quantity
    """How much memory they may take, at least 1Mi. It is part of the container's own memory."""


class Tls(settings.Tls):
    """Encrypted gRPC. Triton cannot encrypt HTTP: with tls it is shut for clients."""

    secret_name: types.ObjectName
    """Secret of type kubernetes.io/tls in this namespace, with tls.crt and tls.key, and with ca.crt for clientCa. It is
    read when a server starts."""


class Drift(contract.Wire):
    """Whether clients' answers are distributed as those to the evaluation set.

    Tensors of sampled requests, inputs too, lie in the pod's memory for a moment; counts are all that is kept.
    """

    sample_every: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """Of so many requests one is sampled. Long tensors make a sampled request slow."""


class Serving(contract.Wire):
    """How the artifact is served. Changing it rolls out a new revision, and builds nothing."""

    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """Servers; with autoscaling only the number to start with. With more than one, a PodDisruptionBudget has a drain
    take one at a time."""
    autoscaling: scaling_api.Autoscaling | None = None
    """Lets the number of servers follow the load."""
    gpu: placement.Gpu | None = None
    """GPUs of each replica; without it the model is served on the CPU."""
    batching: settings.Batching = settings.Batching()
    """Dynamic batching, in Triton's own words."""
    instances: settings.Instances = settings.Instances()
    """Copies of the model in each server."""
    overlay: Annotated[model_config.ModelConfig | None, Field(alias="modelConfig")] = None
    """Laid over the model's configuration, in Triton's own field names (snake_case, as in config.pbtxt)."""
    response_cache: ResponseCache | None = None
    """Answers the same request again without executing it. Without it every request is executed."""
    drift: Drift | None = None
    """Samples requests, to tell when answers become other than on the evaluation set. Without it none is sampled."""
    tls: Tls | None = None
    """Encrypted gRPC, with your certificate."""
    resources: types.Resources = types.Resources()
    """Of the Triton container. Default: 500m CPU and 1Gi of memory requested, memory limited to 2Gi."""
    node_selector: Annotated[dict[str, types.LabelValue], Field(max_length=32)] = Field(default={})
    """Labels that a node must have."""
    tolerations: Annotated[list[types.Toleration], Field(max_length=32)] = Field(default=[])
    """Taints that the pods accept."""
    priority_class_name: types.OptionalName = ""
    """Scheduling priority."""
    runtime_class_name: types.OptionalName = ""
    """Container runtime, e.g. nvidia."""
    image: types.Image = ""
    """Triton image, when not the operator's."""
    rollout: rollouts.RolloutSpec = rollouts.RolloutSpec()
    """How a new revision replaces the one that serves."""
    ingress: network.Ingress | None = None
    """An Ingress in front of the servers' HTTP port."""
    gateway: network.Gateway | None = None
    """Routes of the Gateway API."""
    network_policy: network.NetworkPolicy | None = None
    """Who may connect to the servers; without it, whoever the cluster lets."""
    shm_size: types.Quantity = "256Mi"
    """Size of /dev/shm, through which Triton hands tensors to its backends. It counts as memory of the container: the
    default limit grows with it."""
    pod_template: placement.PodTemplate | None = None
    """What no other field says of the pods; merged last."""

    @model_validator(mode="after")
    def _of_one_mind(self) -> Self:
        """The API server says the same by rules; nobody may get around them."""
        if message := model_config.contradiction(self.overlay, self.batching.max_batch_size, gpu=self.gpu is not None):
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _http_where_it_is_led_to(self) -> Self:
        """As above."""
        if self.tls and (self.ingress or self.gateway):
            message = "with tls HTTP is shut, and an Ingress or a Gateway has nothing to lead to: drop one of them"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _cache_within_the_memory(self) -> Self:
        """As above."""
        if self.response_cache is None:
            return self
        size, memory = quantities.value(self.response_cache.size), self.resources.limits.get("memory")
        if size < CACHE_LEAST:
            message = "spec.serving.responseCache.size must be at least 1Mi"
            raise ValueError(message)
        if memory is not None and size >= quantities.value(memory):
            message = "spec.serving.responseCache.size must be less than resources.limits.memory, of which it is a part"
            raise ValueError(message)
        return self
