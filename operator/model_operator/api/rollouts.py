"""How a revision replaces another: what is asked (spec.serving.rollout), and what is told (status.rollout)."""

from typing import Annotated, Literal

from pydantic import Field

from model_builder import contract
from model_operator.api import types

#: A strategy as it is asked for.
Strategy = Literal["auto", "rolling", "recreate", "canary"]


class CanaryStep(contract.Wire):
    """A share of the requests, for a while."""

    weight: Annotated[int, Field(ge=1, le=100)]
    """Percent of the requests that the new revision gets. Without spec.serving.gateway it is reached by the number of
    servers, and cannot be more than 50."""
    duration: types.Duration | None = None
    """How long, from when all its servers are ready. Without it the step lasts until the annotation
    modelsmith.dev/promote names the revision."""


class Canary(contract.Wire):
    """Steps of a canary, and what ends it."""

    steps: Annotated[list[CanaryStep], Field(min_length=1, max_length=10)] = Field(
        default=[CanaryStep(weight=10, duration="5m"), CanaryStep(weight=50, duration="5m")]
    )
    """Shares, one after another. After the last one the revision is rolled out."""
    max_failed_percent: Annotated[int, Field(ge=0, le=100)] = 1
    """Of a hundred requests to the new revision, how many may fail: more, and it is rolled back."""
    max_slowdown_percent: Annotated[int, Field(ge=0, le=10_000)] = 50
    """By how much a request may take longer, on average, than with the revision that serves."""
    min_requests: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    """Requests within a minute, to each revision, from which these two are judged. With fewer the golden answers of
    the artifact decide alone."""


class RolloutSpec(contract.Wire):
    """How a new revision replaces the one that serves."""

    strategy: Strategy = "auto"
    """rolling starts a server before it stops one. recreate stops one before it starts its successor, one at a time,
    and needs no free GPU. auto is rolling, or recreate where no GPU is free. canary tries the revision on a share of
    the requests first."""
    pin: types.OptionalName = ""
    """Name of a revision to serve whatever else the spec says, from .status.history. Empty serves the newest."""
    canary: Canary | None = None
    """Steps and limits of strategy canary. Default: 10 % for 5m, 50 % for 5m."""


class CanaryStatus(contract.Wire):
    """The revision that is being tried beside the one that serves."""

    revision: str
    """Its name."""
    step: int = 1
    """Number of the step."""
    weight: int = 0
    """Percent of the requests that it gets."""
    since: str = ""
    """When all its servers of this step were ready (RFC 3339); empty until then."""
    replicas: int = 0
    """Its servers."""
    ready: int = 0
    """Those that are ready."""
    figures: str = ""
    """What the last finished step measured."""


class Rejection(contract.Wire):
    """A revision that was rolled back. It is not tried again until the spec asks for another, or it is asked anew."""

    revision: str
    """Its name."""
    reason: str
    """Why, in one word."""
    message: str
    """Why, in the words of what failed."""
    at: str
    """When (RFC 3339)."""
    requested_at: str = ""
    """Value of the annotation modelsmith.dev/requestedAt at that time: another one has it tried again."""


class RolloutStatus(contract.Wire):
    """Which revision is wanted, and how far it is."""

    revision: str
    """Name of the ControllerRevision that serves, or is being rolled out."""
    strategy: str = ""
    """How it replaces what served: rolling, recreate or canary."""
    message: str = ""
    """Why so, where that was not asked for."""
    updated: int = 0
    """Servers of that revision."""
    ready: int = 0
    """Servers ready, of any revision."""
    canary: CanaryStatus | None = None
    """The revision that is being tried, with strategy canary."""
    rejected: Rejection | None = None
    """The revision that the spec asks for, and that was rolled back."""
