"""From findings to the status of a ModelDeployment. Ready is made here, and only here."""

import dataclasses
import datetime as dt
from typing import Any

from model_operator import conditions, names, reasons
from model_operator.api import build as build_api
from model_operator.api import deployment
from model_operator.builds import figures
from model_operator.deployments import requests, rollout, state, upgrading
from model_serving import settings

Reason = reasons.Reason
Type = conditions.Type
Finding = conditions.Finding

HISTORY = 10
NOTHING = rollout.Progress()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Everything that was found out.

    refusal   why the spec is not carried out
    unwritten an object that is needed and could not be written
    built     what keeps the artifact that is asked for
    progress  how far the servers are, and what keeps them
    artifact  of the build that is asked for: its last good one
    revision  that is being served or rolled out, and its artifact
    """

    refusal: Finding | None = None
    unwritten: Finding | None = None
    suspended: Finding | None = None
    built: Finding | None = None
    progress: rollout.Progress = NOTHING
    wanted: requests.Wanted | None = None
    build: build_api.ModelBuildStatus | None = None
    revision: str = ""
    served: str = ""

    @property
    def finding(self) -> Finding | None:
        """What keeps the resource from being Ready: the first, in the order in which they depend on each other."""
        return self.refusal or self.unwritten or self.suspended or self.built or self.progress.finding


def render(observed: state.Observed, outcome: Outcome, now: dt.datetime) -> deployment.ModelDeploymentStatus:
    """The whole status. What is not known now stays as it was last known."""
    last, wanted = observed.status, outcome.wanted
    return last.model_copy(
        update={
            "observed_generation": observed.generation,
            "conditions": conditions.settle(last.conditions, drafts(observed, outcome), observed.generation, now),
            **({**upgrading.fields(observed, wanted.pinned), "asked": wanted.asked} if wanted else {}),
            "build": _build(outcome) or last.build,
            "artifact": _artifact(outcome) or last.artifact,
            "rollout": _rollout(outcome) or last.rollout,
            "serving": endpoints(observed),
            "history": history(observed, outcome, now),
            "replicas": ((observed.server or {}).get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in names.stable_selector(observed.name).items()),
        }
    )


def drafts(observed: state.Observed, outcome: Outcome) -> list[conditions.Draft]:
    """The conditions, in the order in which they depend on each other."""
    accepted = conditions.from_finding(Type.ACCEPTED, outcome.refusal, (Reason.ACCEPTED, "the spec can be carried out"))
    update = upgrading.drafts(observed, outcome.wanted.pinned if outcome.wanted else None)
    if outcome.refusal:
        return [accepted, *_as_before(observed), _available(observed, outcome), *_summary(outcome), *update]
    built = conditions.from_finding(Type.BUILT, outcome.built, (Reason.BUILT, _built_words(outcome)))
    return [accepted, built, _available(observed, outcome), *_summary(outcome), *update]


def _as_before(observed: state.Observed) -> list[conditions.Draft]:
    """A refused spec says nothing about the artifact; what was so before stays."""
    before = conditions.find(observed.status.conditions, Type.BUILT)
    if before is None:
        return []
    return [conditions.Draft(Type.BUILT, before.status == "True", reasons.known(before.reason), before.message)]


def _summary(outcome: Outcome) -> list[conditions.Draft]:
    wanted = outcome.progress.wanted
    if wanted:
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


def _artifact(outcome: Outcome) -> deployment.ServedArtifact | None:
    """The figures of the artifact that is asked for, once there is one; the last good one's until then."""
    artifact = outcome.build.artifact if outcome.build else None
    if artifact is None or artifact.digest != outcome.served:
        return None
    return deployment.ServedArtifact.model_validate(
        artifact.model_dump(exclude={"plan", "relative_size", "notes", "requested_at"})
    )


def _rollout(outcome: Outcome) -> deployment.Rollout | None:
    if not outcome.revision:
        return None
    return deployment.Rollout(revision=outcome.revision, updated=outcome.progress.updated, ready=outcome.progress.ready)


def endpoints(observed: state.Observed) -> deployment.Endpoints:
    """Inside the cluster. Without the cluster's domain, which nobody here can know, and resolvers add.

    With TLS there is no HTTP.
    """
    host = f"{observed.name}.{observed.namespace}.svc"
    url = "" if observed.spec and observed.spec.serving.tls else f"http://{host}:{settings.HTTP_PORT}"
    return deployment.Endpoints(model_name=observed.name, url=url, grpc_url=f"{host}:{settings.GRPC_PORT}")


def history(observed: state.Observed, outcome: Outcome, now: dt.datetime) -> list[deployment.HistoryEntry]:
    """Revisions that served fully, newest first; one that serves again comes to the front."""
    before = observed.status.history
    limit = observed.spec.artifact.history_limit if observed.spec else HISTORY
    serves = outcome.finding is None and outcome.revision and outcome.served
    if not serves or (before and before[0].revision == outcome.revision):
        return before[:limit]
    entry = deployment.HistoryEntry(revision=outcome.revision, artifact=outcome.served, since=conditions.timestamp(now))
    return [entry, *(one for one in before if one.revision != outcome.revision)][:limit]


def written(status: deployment.ModelDeploymentStatus) -> dict[str, Any]:
    """As the API server keeps it."""
    result: dict[str, Any] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
