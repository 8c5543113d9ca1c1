"""From findings to the status of a ModelDeployment. Ready is made here, and only here."""

import dataclasses
import datetime as dt
from typing import Any

import pydantic

from model_operator import conditions, names, reasons
from model_operator.api import build as build_api
from model_operator.api import deployment, rollouts
from model_operator.builds import figures
from model_operator.deployments import (
    courses,
    engines,
    healthy,
    hosting,
    latencies,
    requests,
    rollout,
    state,
    strategies,
    upgrading,
)

Reason = reasons.Reason
Type = conditions.Type
Finding = conditions.Finding

HISTORY = 10
NOTHING = rollout.Progress()
NOWHERE = courses.Course(stable=None, settled=False)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Everything that was found out.

    refusal   why the spec is not carried out
    unwritten an object that is needed and could not be written
    built     what keeps the artifact that is asked for
    progress  how far the servers are, and what keeps them
    course    which revision serves, and which is tried or was sent back
    strategy  how the one that serves replaces another
    """

    refusal: Finding | None = None
    unwritten: Finding | None = None
    suspended: Finding | None = None
    built: Finding | None = None
    progress: rollout.Progress = NOTHING
    wanted: requests.Wanted | None = None
    build: build_api.ModelBuildStatus | None = None
    course: courses.Course = NOWHERE
    strategy: strategies.Strategy | None = None

    @property
    def revision(self) -> str:
        """Name of the one that serves or is rolled out."""
        return self.course.stable.name if self.course.stable else ""

    @property
    def served(self) -> str:
        """Digest of its artifact."""
        return self.course.stable.artifact if self.course.stable else ""

    @property
    def finding(self) -> Finding | None:
        """What keeps the resource from being Ready: the first, in the order in which they depend on each other."""
        built = None if self.course.pinned else self.built
        return self.refusal or self.unwritten or self.suspended or built or self.serving

    @property
    def serving(self) -> Finding | None:
        """What keeps the servers. What stands behind a choice is told with how far that is."""
        chosen, progress = self.course.finding, self.progress.finding
        if chosen is None or progress is None:
            return chosen or progress
        return dataclasses.replace(chosen, message=f"{chosen.message}; {progress.message}")


def render(observed: state.Observed, outcome: Outcome, now: dt.datetime) -> deployment.ModelDeploymentStatus:
    """The whole status. What is not known now stays as it was last known."""
    last, wanted = observed.status, outcome.wanted
    return last.model_copy(
        update={
            "observed_generation": observed.generation,
            "conditions": conditions.settle(last.conditions, drafts(observed, outcome), observed.generation, now),
            **({**upgrading.fields(observed, wanted.pinned), "asked": wanted.asked} if wanted else {}),
            "build": _build(outcome) or last.build,
            "artifact": _artifact(observed, outcome),
            "rollout": _rollout(observed, outcome),
            "serving": hosting.endpoints(observed, refused=outcome.refusal is not None),
            "history": latencies.recorded(observed, history(observed, outcome, now), now),
            "autoscaling": engines.status(observed),
            "replicas": ((observed.server or {}).get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in names.selector(observed.name).items()),
        }
    )


def drafts(observed: state.Observed, outcome: Outcome) -> list[conditions.Draft]:
    """The conditions, in the order in which they depend on each other."""
    accepted = conditions.from_finding(Type.ACCEPTED, outcome.refusal, (Reason.ACCEPTED, "the spec can be carried out"))
    update = upgrading.drafts(observed, outcome.wanted.pinned if outcome.wanted else None)
    if outcome.refusal:
        # A refused spec says nothing about the artifact; what was so before stays.
        before = conditions.again(observed.status.conditions, Type.BUILT)
        return [
            accepted,
            *before,
            _available(observed, outcome),
            *healthy.drafts(observed),
            *engines.drafts(observed, outcome.course),
            *_summary(outcome),
            *update,
        ]
    built = conditions.from_finding(Type.BUILT, outcome.built, (Reason.BUILT, _built_words(outcome)))
    told = (*healthy.drafts(observed), *engines.drafts(observed, outcome.course))
    return [accepted, built, _available(observed, outcome), *told, *_summary(outcome), *update]


def _summary(outcome: Outcome) -> list[conditions.Draft]:
    wanted = outcome.progress.wanted
    if outcome.course.pinned:
        words = f"revision {outcome.revision} is pinned: {outcome.progress.ready} of {wanted} servers are ready"
        otherwise = (Reason.PINNED, f"{words}; clear spec.serving.rollout.pin to serve what the spec asks for")
    elif wanted:
        otherwise = (Reason.SERVING, f"{outcome.progress.ready} of {wanted} servers are ready")
    else:
        otherwise = (Reason.SCALED_TO_ZERO, "no servers are wanted")
    return conditions.summary(outcome.finding, otherwise)


def _available(observed: state.Observed, outcome: Outcome) -> conditions.Draft:
    """Whether anybody answers, whatever revision it is of: in the Deployment's own sense of available."""
    server = observed.server
    available = ((server or {}).get("status") or {}).get("availableReplicas", 0)
    if available:
        servers = f"{available} server{'s are' if available > 1 else ' is'} available"
        return conditions.Draft(Type.AVAILABLE, True, Reason.AVAILABLE, servers)
    if server is None:
        return conditions.Draft(Type.AVAILABLE, False, Reason.NOT_DEPLOYED, "no server has been deployed yet")
    if not server["spec"].get("replicas", 1):
        return conditions.Draft(Type.AVAILABLE, False, Reason.SCALED_TO_ZERO, "no servers are wanted")
    cause = outcome.progress.finding
    words = cause.message if cause else "no server is ready"
    return conditions.Draft(Type.AVAILABLE, False, Reason.NO_SERVER_READY, words)


def _built_words(outcome: Outcome) -> str:
    if outcome.build is None or outcome.build.artifact is None:
        return "built"
    return figures.summary(outcome.build.artifact, outcome.build.candidates)


def _build(outcome: Outcome) -> deployment.BuildReference | None:
    if outcome.wanted is None:
        return None
    return deployment.BuildReference(
        name=outcome.wanted.name,
        cache_hit=bool(outcome.build and outcome.build.cache_hit),
        candidates=outcome.build.candidates if outcome.build else [],
    )


def figures_of(artifact: build_api.BuildArtifact) -> dict[str, Any]:
    """What the status says of an artifact, as it is kept with a revision."""
    said = {"plan", "relative_size", "notes", "requested_at"}
    return artifact.model_dump(mode="json", by_alias=True, exclude=said, exclude_none=True)


def _artifact(observed: state.Observed, outcome: Outcome) -> deployment.ServedArtifact | None:
    """The figures of what serves or is rolled out; until there is anything, none."""
    if outcome.course.stable is None:
        return observed.status.artifact
    try:
        return deployment.ServedArtifact.model_validate(outcome.course.stable.figures)
    except pydantic.ValidationError:  # kept by an operator that did not write them
        last = observed.status.artifact
        return last if last and last.digest == outcome.served else None


def _rollout(observed: state.Observed, outcome: Outcome) -> rollouts.RolloutStatus | None:
    last, course = observed.status.rollout, outcome.course
    if not outcome.revision:
        return last
    strategy = outcome.strategy
    if last and last.revision == outcome.revision and not last.strategy and outcome.serving is None:
        strategy = None  # it was over before an operator told this
    return rollouts.RolloutStatus(
        revision=outcome.revision,
        strategy="canary" if course.trying else strategy.name if strategy else "",
        message=strategy.message if strategy and not course.trying else "",
        updated=outcome.progress.updated,
        ready=outcome.progress.ready,
        canary=course.canary if course.trying or outcome.finding else None,
        rejected=course.rejected,
    )


def history(observed: state.Observed, outcome: Outcome, now: dt.datetime) -> list[deployment.HistoryEntry]:
    """Revisions that served fully, newest first; one that serves again comes to the front."""
    before = observed.status.history
    limit = observed.spec.artifact.history_limit if observed.spec else HISTORY
    serves = outcome.finding is None and outcome.revision and outcome.served
    if not serves or (before and before[0].revision == outcome.revision):
        return before[:limit]
    canary = outcome.course.canary
    entry = deployment.HistoryEntry(
        revision=outcome.revision,
        artifact=outcome.served,
        since=conditions.timestamp(now),
        figures=canary.figures if canary else "",
    )
    return [entry, *(one for one in before if one.revision != outcome.revision)][:limit]


def written(status: deployment.ModelDeploymentStatus) -> dict[str, Any]:
    """As the API server keeps it."""
    result: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
