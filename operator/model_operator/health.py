"""Whether it would help to start this process anew: what /healthz says.

An API server that does not answer is no illness of ours: nothing gets better by a restart, and what serves goes on.
So a watch is only called dead when its kind was silent while the API server did answer.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from model_operator import kinds

#: Seconds without an answer to a watch. Each is opened anew after two minutes (`watching.WATCH_SECONDS`).
SILENT = 300.0
#: Seconds for one handling, or without any while keys are ready. Each call has a time limit of a quarter of a minute.
STUCK = 600.0


@dataclasses.dataclass(frozen=True)
class Vitals:
    """What is seen of the parts of this process. Seconds."""

    #: Since each kind's watch was last answered.
    silences: Mapping[kinds.Kind, float]
    #: For how long up to its last answer, and how long ago, the API server answered our calls without a gap.
    answering: float
    unanswered: float
    #: The oldest handling, and whose it is.
    longest: float = 0.0
    whose: kinds.Key | None = None
    #: Without any handling begun while keys are ready.
    idle: float = 0.0


def silences(answered: Iterable[tuple[kinds.Kind, float]], now: float) -> dict[kinds.Kind, float]:
    """Seconds since the watch of each kind was last answered; of several (one a namespace) the longest."""
    oldest: dict[kinds.Kind, float] = {}
    for kind, at in answered:
        oldest[kind] = min(at, oldest.get(kind, at))
    return {kind: now - at for kind, at in oldest.items()}


def complaints(vitals: Vitals) -> list[str]:
    """A sentence for each thing that is wrong."""
    found = [
        f"the watch of {kind.plural} is dead: not answered for {silence:.0f} s, while the API server answers others"
        for kind, silence in vitals.silences.items()
        if min(silence - vitals.unanswered, vitals.answering) > SILENT
    ]
    if vitals.longest > STUCK and vitals.whose is not None:
        key = vitals.whose
        found.append(f"the handling of {key.kind.kind} {key.namespace}/{key.name} hangs since {vitals.longest:.0f} s")
    if vitals.idle > STUCK:
        found.append(f"the queue is stuck: nobody took a key for {vitals.idle:.0f} s")
    return found
