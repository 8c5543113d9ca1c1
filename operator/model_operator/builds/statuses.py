"""From a verdict to the status of a ModelBuild."""

import dataclasses
import datetime as dt
from typing import Any

from model_operator import conditions, reasons
from model_operator.api import build
from model_operator.builds import state

Reason = reasons.Reason
Type = conditions.Type


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of looking: a finding, or none when there is an artifact that answers the request."""

    finding: conditions.Finding | None
    artifact: build.BuildArtifact | None
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
        conditions=conditions.settle(
            observed.status.conditions, [built, *conditions.progress(verdict.finding)], generation, now
        ),
    )


def summary(verdict: Verdict) -> str:
    """What was built, in a line."""
    artifact = verdict.artifact
    if artifact is None:
        return ""
    accuracy = f", accuracy {artifact.accuracy}" if artifact.accuracy else ""
    hit = "; the store already had it" if verdict.cache_hit else ""
    return f"{artifact.precision}, {artifact.size}{accuracy}{hit}"


def written(status: build.ModelBuildStatus) -> dict[str, Any]:
    """As the API server keeps it."""
    result: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
