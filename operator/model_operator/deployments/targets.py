"""At which figures servers are added, and how fast their number changes: from what was measured. Pure.

queue time   the time of one full batch    who waits longer stands behind more than the batch that runs
pending      a full batch for each copy    as many as the next batch takes; more wait for the one after it
growth       doubles within a cold start   what was started counts before more is
shrinking    after two cold starts         a lull that is shorter than a server takes to come back is none
"""

import dataclasses
import math

from model_operator.api import autoscaling, runtime, types

#: Milliseconds, where the build measured nothing.
QUEUE_TIME = 50
#: Below it a mean is noise of the clock and of the scheduler; above it nobody waits.
SHORTEST, LONGEST = 5, 10_000
#: A HorizontalPodAutoscaler looks every 15 s, and takes no longer period than this.
SYNC, PERIOD_LIMIT = 15, 1800


@dataclasses.dataclass(frozen=True)
class Targets:
    """For each server, on average; None where it does not count."""

    queue_milliseconds: int | None
    pending: int | None
    cpu: int | None

    def words(self) -> str:
        """As a person reads them."""
        said = (
            f"queue time {self.queue_milliseconds} ms" if self.queue_milliseconds else "",
            f"{self.pending} pending request{'s' if self.pending != 1 else ''} a server" if self.pending else "",
            f"CPU {self.cpu} %" if self.cpu else "",
        )
        return ", ".join(filter(None, said))


def of(serving: runtime.Serving, asked: autoscaling.Autoscaling, capacity: types.Capacity | None) -> Targets:
    """What is asked for, and what follows from the capacity that the artifact's build measured."""
    chosen = (asked.queue_time, asked.pending_requests, asked.cpu)
    if not any((*chosen, asked.metrics, asked.queries)):
        on_cpu = autoscaling.Cpu() if serving.gpu is None else None
        chosen = (autoscaling.QueueTime(), autoscaling.PendingRequests(), on_cpu)
    queue, pending, cpu = chosen
    batch = max(1, serving.batching.max_batch_size) * max(1, serving.instances.count)
    return Targets(
        queue_milliseconds=(queue.target_milliseconds or _batch_time(serving, capacity)) if queue else None,
        pending=(pending.target or batch) if pending else None,
        cpu=cpu.target_utilization if cpu else None,
    )


def growth_period(cold_start: int) -> int:
    """Seconds within which the number of servers may double."""
    return min(max(SYNC, _whole(cold_start)), PERIOD_LIMIT)


def patience(asked: autoscaling.Autoscaling, cold_start: int) -> int:
    """Seconds for which fewer servers must have been enough."""
    return min(max(types.seconds(asked.scale_down_after), _whole(2 * cold_start)), autoscaling.LONGEST_WAIT)


def _batch_time(serving: runtime.Serving, capacity: types.Capacity | None) -> int:
    """Of a full batch of the size that is asked for, in milliseconds; measured was one of the builder's own size."""
    if capacity is None or capacity.batch_microseconds <= 0:
        return QUEUE_TIME
    size = max(1, serving.batching.max_batch_size) / max(1, capacity.max_batch_size)
    return min(max(SHORTEST, math.ceil(capacity.batch_microseconds * size / 1000)), LONGEST)


def _whole(seconds: int) -> int:
    """In whole rounds of the autoscaler: a cold start is never measured the same twice."""
    return math.ceil(seconds / SYNC) * SYNC
