"""What deciding hands to applying: plain values, no I/O."""

import dataclasses
import enum
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol, TypeVar

from model_operator import kinds

Shown = TypeVar("Shown")


class EventType(enum.StrEnum):
    """How an Event is shown."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclasses.dataclass(frozen=True)
class Event:
    """Something worth telling a person, on a transition only."""

    reason: str
    message: str
    type: EventType = EventType.NORMAL


@dataclasses.dataclass(frozen=True)
class Decision:
    """What is to be true of the cluster, as far as one resource is concerned.

    rehearsed      must be accepted by the API server in a dry run, before anything that would run on them is written
    objects        applied in this order, each only if a field that we own differs
    garbage        deleted when there (in the background, with the uid as precondition)
    status         the whole status of the resource, or None to leave it alone
    events         on the resource
    requeue_after  seconds until a look without a cause; None waits for events
    finalizer      whether its deletion waits for us: set before, or taken off after all the rest; None leaves it
    """

    objects: tuple[kinds.Manifest, ...] = ()
    garbage: tuple[kinds.Manifest, ...] = ()
    status: Mapping[str, Any] | None = None
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None
    finalizer: bool | None = None
    rehearsed: tuple[kinds.Manifest, ...] = ()


class Cache(Protocol):
    """What we believe about the cluster: reads never leave the process. Objects must not be changed."""

    def get(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None."""

    def select(self, kind: kinds.Kind, namespace: str, labels: Mapping[str, str]) -> list[kinds.Manifest]:
        """All of a kind in a namespace that carry these labels, by name. Whole objects: for few of them."""

    def owned(self, kind: kinds.Kind, namespace: str, uid: str) -> list[kinds.Manifest]:
        """All of a kind (one of indexing.SHARED) in a namespace that name this owner, by name."""

    def outlines(self, kind: kinds.Kind, namespace: str) -> list[kinds.Manifest]:
        """The outlines (`outlines.FIELDS`) of all of a kind in a namespace, by name: cheap for hundreds."""

    def claimants(self, claim: str) -> list[kinds.Manifest]:
        """The outlines of the ModelDeployments of all namespaces that claim a host and path (`claims`)."""


class Reader(Protocol):
    """Reads from the API server what is not watched: by name, or Events on a failure."""

    async def read(self, key: kinds.Key) -> kinds.Manifest | None:
        """One object, or None when there is none."""

    async def exists(self, key: kinds.Key) -> bool:
        """Whether there is such an object, or was a moment ago."""

    async def taken(self, key: kinds.Key) -> kinds.Manifest | None:
        """What has a name, whoever made it. That nothing has is believed for a while: whoever writes looks again."""

    async def labels(self, key: kinds.Key) -> Mapping[str, str] | None:
        """Labels of an object of which nothing else is read, or None when there is none; believed for a while."""

    async def shown(
        self, key: kinds.Key, cause: Hashable, show: Callable[[kinds.Manifest], Shown]
    ) -> tuple[Shown] | None:
        """What `show` makes of an object, or None when there is none; for the same cause the same for a while."""

    async def events(self, manifest: kinds.Manifest) -> list[kinds.Manifest]:
        """The core/v1 Events about one object, oldest first."""

    def heard(self, pod: kinds.Manifest) -> str:
        """What the sentinel of a server said last, whoever asked it; empty when it was never heard."""

    async def nodes(self) -> tuple[kinds.Manifest, ...] | None:
        """The nodes of the cluster in outline, as they were a moment ago; None where they may not be read."""

    async def autoscalers(self, namespace: str) -> tuple[kinds.Manifest, ...]:
        """The HorizontalPodAutoscalers of a namespace in outline, whoever made them, as they were a moment ago."""

    async def pods_on(self, node: str) -> tuple[kinds.Manifest, ...] | None:
        """All pods of a node in outline, whoever made them, as they were a moment ago; None where not to be read."""

    async def sentinel(self, pod: kinds.Manifest) -> str:
        """What the sentinel of a server answers when asked whether it is ready; empty when it does not answer."""
