"""How the number of servers follows the load, as a person writes it (spec.serving.autoscaling), and as it is told."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_builder import contract
from model_operator.api import types

#: What changes the number of servers: Kubernetes' own HorizontalPodAutoscaler, or a ScaledObject of KEDA.
Engine = Literal["hpa", "keda"]
#: The longest that a HorizontalPodAutoscaler can be told to wait, in seconds.
LONGEST_WAIT = 3600


class QueueTime(contract.Wire):
    """How long requests wait in Triton's queues."""

    target_milliseconds: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """Mean wait of a request above which servers are added. Default: the time of one full batch, as the build measured
    it through Triton; 50 where it did not."""


class PendingRequests(contract.Wire):
    """How many requests wait in Triton's queues."""

    target: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Requests that wait, for each server, above which servers are added. Default: one full batch for each copy of the
    model (batching.maxBatchSize, instances.count)."""


class Cpu(contract.Wire):
    """How busy the Triton container is."""

    target_utilization: Annotated[int, Field(ge=1, le=1000)] = 80
    """Percent of the CPU that resources request, on average over the servers."""


class Metric(contract.Wire):
    """A metric of the servers' pods that the cluster's custom metrics API offers."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:.-]*$", max_length=253)]
    """Its name there."""
    target: types.Quantity
    """Its mean over the servers above which servers are added."""


class Query(contract.Wire):
    """A query to the Prometheus that the operator was installed with."""

    query: Annotated[str, Field(min_length=1, max_length=2000)]
    """PromQL that gives one number, for all servers together."""
    target: types.Quantity
    """How much of it one server takes."""
    activation: types.Quantity | None = None
    """Above it there is at least one server. With minReplicas 0 some query needs one, and must not come from the
    servers: there is none to ask. The requests that a gateway counts are such a number."""


class Autoscaling(contract.Wire):
    """How many servers there are, by the load. The number follows the largest of what is asked.

    Without queueTime, pendingRequests, cpu, metrics and queries: queueTime and pendingRequests, and cpu where the model
    is served on the CPU.
    """

    engine: Engine = "hpa"
    """What does it: hpa is Kubernetes' own HorizontalPodAutoscaler; keda is KEDA, which must be installed, and can do
    without any server while nobody asks."""
    min_replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """At least so many servers. 0 needs engine keda and a query with activation."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)]
    """At most so many servers."""
    queue_time: QueueTime | None = None
    """By how long requests wait in Triton's queues."""
    pending_requests: PendingRequests | None = None
    """By how many requests wait in Triton's queues."""
    cpu: Cpu | None = None
    """By how busy the Triton container is."""
    metrics: Annotated[list[Metric], Field(max_length=8)] = Field(default=[])
    """By metrics of the custom metrics API; engine hpa."""
    queries: Annotated[list[Query], Field(max_length=8)] = Field(default=[])
    """By queries to Prometheus; engine keda."""
    scale_down_after: types.Duration = "5m"
    """How long fewer servers must have been enough before any is stopped, at most 1h. It is never less than twice the
    time that a server took to become ready."""

    @model_validator(mode="after")
    def _of_one_mind(self) -> Self:
        """The API server says the same by rules; nobody may get around them."""
        message = next((message for broken, message in self._contradictions() if broken), "")
        if message:
            raise ValueError(message)
        return self

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        activated = any(query.activation is not None for query in self.queries)
        return (
            (self.min_replicas > self.max_replicas, MIN_ABOVE_MAX),
            (self.min_replicas == 0 and self.engine != "keda", ZERO_NEEDS_KEDA),
            (self.min_replicas == 0 and not activated, ZERO_NEEDS_ACTIVATION),
            (bool(self.metrics) and self.engine != "hpa", METRICS_NEED_HPA),
            (bool(self.queries) and self.engine != "keda", QUERIES_NEED_KEDA),
            (types.seconds(self.scale_down_after) > LONGEST_WAIT, WAIT_TOO_LONG),
        )


MIN_ABOVE_MAX = "minReplicas may not exceed maxReplicas: raise maxReplicas, or lower minReplicas"
ZERO_NEEDS_KEDA = "minReplicas 0 needs engine: keda: a HorizontalPodAutoscaler keeps at least one server"
ZERO_NEEDS_ACTIVATION = (
    "minReplicas 0 needs a query with activation: without servers only a number from elsewhere, such as the requests at"
    " a gateway, can tell that one is wanted"
)
METRICS_NEED_HPA = "metrics are of the custom metrics API, for engine hpa: with engine keda write queries"
QUERIES_NEED_KEDA = "queries are for engine keda: with engine hpa write metrics, or choose keda"
WAIT_TOO_LONG = "scaleDownAfter may be at most 1h"


class AutoscalingStatus(contract.Wire):
    """What changes the number of servers, and what it goes by."""

    engine: str
    """hpa, keda, or other: an autoscaler that somebody else made for the same Deployment."""
    replicas_asked: int = 0
    """spec.serving.replicas as it was last seen; it is the number to start with, and else ignored."""
    revision: str = ""
    """The revision that coldStartSeconds is of."""
    cold_start_seconds: int = 0
    """The longest that a server of this revision took from its pod to ready; 0 until one was seen."""
