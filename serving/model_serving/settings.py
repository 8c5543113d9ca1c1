"""How an artifact is to be served: what the operator renders into a pod, and compose, flags and sentinel read.

An artifact knows nothing of these: changing them is a new revision of the server, never a new build.
Field names are Triton's own words, in camelCase.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from model_builder import contract
from model_serving import model_config, places

HTTP_PORT = places.HTTP_PORT
GRPC_PORT = places.GRPC_PORT
METRICS_PORT = places.METRICS_PORT
SENTINEL_PORT = places.SENTINEL_PORT


class Batching(contract.Wire):
    """Dynamic batching, for models whose first axis is the batch; others are served one request at a time."""

    max_batch_size: Annotated[int, Field(ge=1, le=4096)] = 32
    """The most samples that the server joins into one execution."""
    max_queue_delay_microseconds: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """How long a request may wait for others to join. 0 joins only what is already waiting."""
    preferred_batch_size: Annotated[list[Annotated[int, Field(ge=1, le=4096)]], Field(max_length=8)] = Field(default=[])
    """Batch sizes to send at once when reached. Rarely useful outside TensorRT."""

    @model_validator(mode="after")
    def _preferred_within_the_limit(self) -> Self:
        """Triton refuses to load a model that prefers larger batches than it allows."""
        if any(size > self.max_batch_size for size in self.preferred_batch_size):
            message = f"preferredBatchSize must not exceed maxBatchSize ({self.max_batch_size})"
            raise ValueError(message)
        return self


class Instances(contract.Wire):
    """Copies of the model inside one server."""

    count: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies per server; on a GPU, per GPU."""


class Tls(contract.Wire):
    """Encrypted gRPC; its files lie at places.TLS."""

    client_ca: bool = False
    """Clients must show a certificate of the authority in ca.crt."""


class ServingSettings(contract.Wire):
    """All that a pod must know to serve."""

    model_name: Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
    """Under which name clients ask for the model."""
    artifact: contract.Digest
    """What is served; a different content under that path is refused."""
    batching: Batching = Batching()
    """Dynamic batching."""
    instances: Instances = Instances()
    """Copies of the model."""
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    """GPUs in the pod; 0 serves on the CPU."""
    overlay: Annotated[model_config.ModelConfig | None, Field(alias="modelConfig")] = None
    """What the user lays over the model's configuration."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """Threads of one execution; None leaves it to the runtime, which takes every core of the node."""
    response_cache_bytes: Annotated[int, Field(ge=1)] | None = None
    """Size of the cache of answers; None is no cache."""
    sample_every: Annotated[int, Field(ge=1)] | None = None
    """Of so many requests one's tensors are handed to the sentinel, which counts the answers; None hands on nothing."""
    tls: Tls | None = None
    """Encryption of gRPC; HTTP, which Triton cannot encrypt, is then for the pod's own containers."""
