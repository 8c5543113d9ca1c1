"""How requests wait and are joined: ModelDynamicBatching and ModelQueuePolicy."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_serving.model_config import messages

#: As many levels as anybody tells apart.
LEVELS = 256
#: A priority level as the key of a map: JSON knows no other keys than strings.
LEVEL = r"^[1-9][0-9]{0,2}$"
Level = Annotated[int, Field(ge=0, le=LEVELS)]


class QueuePolicy(messages.Message):
    """What becomes of requests that wait too long, or find the queue full."""

    timeout_action: Literal["REJECT", "DELAY"] | None = None
    """When the time is over: REJECT the request, or DELAY it until all others are done. Triton's default: REJECT."""
    default_timeout_microseconds: messages.Microseconds | None = None
    """How long a request may wait. 0, the default, is for ever."""
    allow_timeout_override: bool | None = None
    """Whether a request may ask for a shorter time of its own."""
    max_queue_size: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """How many requests may wait; more are rejected at once. 0, the default, is any number."""


class DynamicBatching(messages.Message):
    """Joining and queueing; what is not said here stays as spec.serving.batching has it."""

    preferred_batch_size: Annotated[list[Annotated[int, Field(ge=1, le=4096)]], Field(max_length=8)] | None = None
    """Batch sizes to send at once when reached."""
    max_queue_delay_microseconds: messages.Microseconds | None = None
    """How long a request may wait for others to join."""
    preserve_ordering: bool | None = None
    """Answer in the order of the requests."""
    priority_levels: Level | None = None
    """How many levels of priority there are: 1 is the highest. 0, the default, is none."""
    default_priority_level: Level | None = None
    """The level of requests that name none. Needed with priority_levels."""
    default_queue_policy: QueuePolicy | None = None
    """The policy of every level that has none of its own."""
    priority_queue_policy: Annotated[dict[str, QueuePolicy], Field(max_length=16)] | None = None
    """Policies by level: {"1": {...}}."""

    @model_validator(mode="after")
    def _levels_that_there_are(self) -> Self:
        """Triton would refuse to load the model."""
        levels, default = self.priority_levels or 0, self.default_priority_level or 0
        if default > levels or (levels and not default):
            message = f"default_priority_level must be from 1 to priority_levels ({levels}), or both be absent"
            raise ValueError(message)
        wrong = [key for key in self.priority_queue_policy or {} if not _is_level(key, levels)]
        if wrong:
            message = f"priority_queue_policy speaks of level {wrong[0]}, but priority_levels is {levels}"
            raise ValueError(message)
        return self


def _is_level(key: str, levels: int) -> bool:
    return (
        key.isascii()
        and key.isdigit()
        and not key.startswith("0")
        and len(key) <= len(str(LEVELS))
        and int(key) <= levels
    )
