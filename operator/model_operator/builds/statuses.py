"""From a verdict to the status of a ModelBuild."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from model_operator import conditions, reasons
from model_operator.api import build, types
from model_operator.builds import figures, state

Reason = reasons.Reason
Type = conditions.Type


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of looking: a finding, or none when there is an artifact that answers the request."""

    finding: conditions.Finding | None
    artifact: build.BuildArtifact | None
    candidates: Sequence[types.Candidate] = ()
    cache_hit: bool = False
    attempt: str = ""
    job: str = ""


def render(observed: state.Observed, verdict: Verdict, now: dt.datetime) -> build.ModelBuildStatus:
    """The whole status."""
    generation = observed.resource["metadata"].get("generation", 0)
    built = conditions.from_finding(Type.BUILT, verdict.finding, (Reason.BUILT, summary(verdict)))
    return build.ModelBuildStatus(
        observed_generation=generation,
        attempt=verdict.attempt,
        job=verdict.job,
        cache_hit=verdict.cache_hit,
        artifact=verdict.artifact,
        candidates=list(verdict.candidates),
        conditions=conditions.settle(
            observed.status.conditions, [built, *conditions.progress(verdict.finding)], generation, now
        ),
    )


def summary(verdict: Verdict) -> str:
    """What was built, in a line."""
    if verdict.artifact is None:
        return ""
    hit = "; the store already had it" if verdict.cache_hit else ""
    return f"{figures.summary(verdict.artifact, verdict.candidates)}{hit}"


def written(status: build.ModelBuildStatus) -> dict[str, Any]:
    """As the API server keeps it."""
    result: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
