"""`spec.serving.modelConfig`: what a user may say of Triton's model configuration, in the very words of config.pbtxt.

Typed here once more, without protobuf: so that the API server refuses a misspelt field by its name, and `kubectl
explain` knows them all. A test holds every field against the descriptor of the message.

Not here, because they belong to the artifact, have a field of their own, or would run code: name, platform, backend,
runtime, version_policy, input, output, batch_input, batch_output, max_batch_size, default_model_filename,
cc_model_filenames, ensemble_scheduling, sequence_batching, model_operations, model_repository_agents,
model_transaction_policy, response_cache.
"""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from model_serving.model_config import batching, instances, messages, naming, optimizing, warmup

#: A label of Prometheus, which Triton writes with a "_" before it.
TAG = r"^[A-Za-z0-9_]{1,63}$"


#: Where users write it.
FIELD = "spec.serving.modelConfig"


class Parameter(messages.Message):
    """Value of a parameter."""

    string_value: messages.Text
    """As the backend reads it."""


class ModelConfig(messages.Message):
    """What is laid over the configuration: messages field by field; a list or a map takes the place of the former."""

    dynamic_batching: batching.DynamicBatching | None = None
    """How requests wait and are joined."""
    instance_group: Annotated[list[instances.InstanceGroup], Field(min_length=1, max_length=8)] | None = None
    """Copies of the model."""
    optimization: optimizing.Optimization | None = None
    """How the runtime executes the graph."""
    parameters: Annotated[dict[str, Parameter], Field(max_length=32)] | None = None
    """Parameters of the backend, e.g. intra_op_thread_count. None may name a file or a library."""
    model_warmup: Annotated[list[warmup.Warmup], Field(max_length=8)] | None = None
    """Requests to warm up with, in place of those from the artifact's golden samples. An empty list: no warm-up."""
    metric_tags: Annotated[dict[str, messages.Text], Field(max_length=16)] | None = None
    """Labels of the model's metrics, each written with a "_" before its name."""

    @model_validator(mode="after")
    def _names_that_can_be(self) -> Self:
        """The API server says the same by rules; nobody may get around it."""
        naming.refuse_code(self.parameters or {})
        if wrong := [tag for tag in self.metric_tags or {} if not re.search(TAG.replace("$", r"\Z"), tag)]:
            message = f"metric_tags: {wrong[0][:64]!r} is no label of a metric: use letters, digits and '_'"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _somebody_answers(self) -> Self:
        """Passive copies are given no requests."""
        if self.instance_group and all(group.passive for group in self.instance_group):
            message = "every instance_group is passive: no copy would answer; let one of them not be"
            raise ValueError(message)
        return self

    @property
    def limits_rate(self) -> bool:
        """Some copy waits for the server's rate limiter."""
        return any(group.rate_limiter for group in self.instance_group or [])


def contradiction(overlay: ModelConfig | None, max_batch_size: int, *, gpu: bool) -> str:
    """What an overlay says against the fields beside it, with the field; empty when nothing."""
    if overlay is None:
        return ""
    joining = overlay.dynamic_batching or batching.DynamicBatching()
    limit = f"may not exceed spec.serving.batching.maxBatchSize ({max_batch_size})"
    if any(size > max_batch_size for size in joining.preferred_batch_size or []):
        return f"{FIELD}.dynamic_batching.preferred_batch_size {limit}"
    if any((warmup.batch_size or 1) > max_batch_size for warmup in overlay.model_warmup or []):
        return f"{FIELD}.model_warmup: batch_size {limit}"
    if not gpu and any(group.kind == "KIND_GPU" or group.gpus for group in overlay.instance_group or []):
        return f"{FIELD}.instance_group asks for GPUs, and the servers have none: set gpu, or drop kind and gpus"
    return ""
