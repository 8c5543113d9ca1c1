"""What is known about one ModelBuild when its next step is decided."""

import dataclasses
import functools
from typing import Any

from model_builder import digests
from model_operator import kinds, names, refusals
from model_operator.api import build


@dataclasses.dataclass(frozen=True)
class Observed:
    """Everything `decide` may look at.

    resource   the ModelBuild as the API server shows it
    spec       its spec, or None when this version does not understand it; `problem` then says why
    status     what was last written
    jobs       its Jobs, of every attempt
    pods       the pods of those Jobs
    *_absent   kind and name of what the pod needs and what does not exist; looked for only before a Job is made
    events     Events about the pod or Job that gives no other sign, oldest first
    refused    what was wanted a moment ago and could not be written
    """

    resource: kinds.Manifest
    spec: build.ModelBuildSpec | None
    status: build.ModelBuildStatus
    problem: str = ""
    jobs: tuple[kinds.Manifest, ...] = ()
    pods: tuple[kinds.Manifest, ...] = ()
    source_absent: str = ""
    store_absent: str = ""
    events: tuple[kinds.Manifest, ...] = ()
    refused: tuple[refusals.Refusal, ...] = ()

    @property
    def name(self) -> str:
        """Of the ModelBuild."""
        return str(self.resource["metadata"]["name"])

    @functools.cached_property
    def attempt(self) -> str:
        """Digest of how it shall be run now."""
        return attempt(self.spec.execution) if self.spec else ""

    @functools.cached_property
    def job(self) -> kinds.Manifest | None:
        """The Job of the present attempt."""
        wanted = names.job(self.name, self.attempt)
        return next((job for job in self.jobs if job["metadata"]["name"] == wanted), None)

    @functools.cached_property
    def job_pods(self) -> tuple[kinds.Manifest, ...]:
        """The pods of the present attempt, oldest first."""
        if self.job is None:
            return ()
        mine = [pod for pod in self.pods if pod["metadata"]["labels"].get(names.JOB_NAME_LABEL) == _name(self.job)]
        return tuple(sorted(mine, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), _name(pod))))

    @property
    def answered(self) -> bool:
        """There is an artifact, and nobody asked since: how a build would be run changes nothing about its result."""
        artifact = self.status.artifact
        return bool(artifact and self.spec and artifact.requested_at == self.spec.execution.requested_at)


def attempt(execution: build.Execution) -> str:
    """Digest of how a build is run, short enough for a name. Suspending and resuming is not another attempt."""
    return digests.of_json(dump(execution, exclude={"suspend"})).removeprefix(digests.PREFIX)[:8]


def dump(value: Any, **options: Any) -> Any:
    """JSON of a type without what is default: a later version that adds a field then gives the same digests."""
    return value.model_dump(mode="json", by_alias=True, exclude_defaults=True, **options)


def over(job: kinds.Manifest) -> bool:
    """The Job will do nothing more."""
    return bool(ended(job, "Complete") or ended(job, "Failed"))


def queued(job: kinds.Manifest) -> bool:
    """Somebody holds the Job back: Kueue, or a person. What it had as pods is ended."""
    return bool(job["spec"].get("suspend")) and not over(job)


def ended(job: kinds.Manifest, type_: str) -> kinds.Manifest | None:
    """The condition of a type, when true. SuccessCriteriaMet and FailureTarget come first: pods may then still end."""
    return kinds.condition(job, type_)


def _name(manifest: kinds.Manifest) -> str:
    return str(manifest["metadata"]["name"])
