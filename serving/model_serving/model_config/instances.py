"""Which copies of the model there are, and what they wait for: ModelInstanceGroup and ModelRateLimiter."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_serving.model_config import messages


class Resource(messages.Message):
    """Something that an instance must hold while it runs."""

    name: messages.Name
    """Its name; instances that name the same share it."""
    global_: Annotated[bool | None, Field(alias="global")] = None
    """Whether all devices share it. Default: each device has its own."""
    count: Annotated[int, Field(ge=1, le=1_000_000)]
    """How much of it an execution takes. There is as much as the most that any instance takes."""


class RateLimiter(messages.Message):
    """When an instance may run. Any such limit turns on the server's rate limiter."""

    resources: Annotated[list[Resource], Field(max_length=8)] | None = None
    """What it must hold."""
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    """An instance of priority 2 runs half as often as one of priority 1."""


class InstanceGroup(messages.Message):
    """Copies of the model of one kind. Where they run is said, never guessed: no KIND_AUTO, no KIND_MODEL."""

    name: messages.Name | None = None
    """Shown in logs."""
    kind: Literal["KIND_CPU", "KIND_GPU"] | None = None
    """Where they run. Default: KIND_GPU with spec.serving.gpu, else KIND_CPU."""
    count: Annotated[int, Field(ge=1, le=64)] | None = None
    """How many; on GPUs, on each. Default: spec.serving.instances.count."""
    gpus: Annotated[list[Annotated[int, Field(ge=0, le=63)]], Field(max_length=64)] | None = None
    """On which GPUs of the pod, counted from 0. Default: on each."""
    passive: bool | None = None
    """Loaded, and given no requests."""
    profile: Annotated[list[messages.Name], Field(max_length=8)] | None = None
    """Optimization profiles of a TensorRT engine."""
    host_policy: messages.Name | None = None
    """Host policy of the server, by its name."""
    rate_limiter: RateLimiter | None = None
    """When they may run."""

    @model_validator(mode="after")
    def _gpus_of_a_gpu_group(self) -> Self:
        """Triton would refuse to load the model."""
        if self.kind == "KIND_CPU" and self.gpus:
            message = "a group of KIND_CPU has no gpus: drop them, or write KIND_GPU"
            raise ValueError(message)
        return self
