"""What every message of the overlay has in common: Triton's own snake_case names, bounds, and no unknown field.

A bound is what the API server needs to know the cost of a rule, and what keeps one resource from filling etcd.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

#: The longest wait that Triton's microseconds are good for here: an hour.
Microseconds = Annotated[int, Field(ge=0, le=3_600_000_000)]
#: A name that Triton gives no meaning of its own.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=63)]
Text = Annotated[str, Field(max_length=256)]


class Message(BaseModel):
    """A message of model_config.proto: immutable, and strict about names it does not know."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
