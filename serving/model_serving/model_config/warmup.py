"""Requests that each instance runs before it is ready: ModelWarmup.

`input_data_file` is left out: the only files in the repository are those of the warm-up that is made by itself.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_serving.model_config import messages

DataType = Literal[
    "TYPE_BOOL",
    "TYPE_UINT8",
    "TYPE_INT8",
    "TYPE_INT16",
    "TYPE_INT32",
    "TYPE_INT64",
    "TYPE_FP16",
    "TYPE_FP32",
    "TYPE_FP64",
]


class WarmupInput(messages.Message):
    """One input of such a request: either zeros or random numbers."""

    data_type: DataType
    """The input's type."""
    dims: Annotated[list[Annotated[int, Field(ge=1, le=1_000_000)]], Field(min_length=1, max_length=8)]
    """Its shape, without the batch axis."""
    zero_data: bool | None = None
    """Fill it with zeros."""
    random_data: bool | None = None
    """Fill it with random numbers."""

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        """It is a `oneof` of the message: the later would silently win."""
        if bool(self.zero_data) == bool(self.random_data):
            message = "say either zero_data: true or random_data: true"
            raise ValueError(message)
        return self


class Warmup(messages.Message):
    """A request to warm up with."""

    name: messages.Name
    """Shown in logs."""
    batch_size: Annotated[int, Field(ge=1, le=4096)] | None = None
    """How many samples at once. Default: 1."""
    inputs: Annotated[dict[str, WarmupInput], Field(max_length=32)]
    """Every input of the model, by its name."""
    count: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How often it is run."""
