"""What the operator decides about one ModelDeployment when all goes well, from the first look to Ready.

    asked    claim, Services, ModelBuild
    built    the ModelBuild's Job, and its status before and after
    served   ControllerRevision and Deployment, and the status Ready

Its own deciders are asked, and what a cluster would add in between is filled in. No cluster is there.
"""

import base64
import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from bench import specs
from model_builder import digests
from model_operator import kinds, names, settings
from model_operator.api import build, deployment, parsing
from model_operator.builds import deciding as build_deciding
from model_operator.builds import state as build_state
from model_operator.deployments import deciding, state

IMAGES = settings.Images("registry.test/builder:1", "registry.test/serving:1", "registry.test/triton:1")
Status = Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True)
class Asked:
    """What there can be before there is an artifact."""

    observed: state.Observed
    status: Status
    claim: kinds.Manifest
    build: kinds.Manifest
    endpoints: tuple[kinds.Manifest, ...]


@dataclasses.dataclass(frozen=True)
class Built:
    """What is made for a ModelBuild, and what it says while its Job runs and when that is over."""

    job: kinds.Manifest
    running: Status
    ended: Status


@dataclasses.dataclass(frozen=True)
class Served:
    """What an artifact makes possible."""

    servers: tuple[kinds.Manifest, ...]
    rolling: Status
    ready: Status


def asked(resource: kinds.Manifest, now: dt.datetime) -> Asked:
    """Of a ModelDeployment that was just made: it has a uid. Raises ValueError for a spec that is refused."""
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, resource)
    if spec is None:
        raise ValueError(problem)
    files = {name: digests.of_bytes(base64.b64decode(content)) for name, content in specs.FILES.items()}
    content = state.Content(digests.of_files(files), frozenset(files))
    observed = state.Observed(resource, spec, deployment.ModelDeploymentStatus(), IMAGES, content=content)
    decision = deciding.decide(observed, now)
    claim, wanted, *endpoints = decision.objects
    return Asked(observed, decision.status, claim, wanted, tuple(endpoints))


def built(model_build: kinds.Manifest, now: dt.datetime) -> Built:
    """Of a ModelBuild that was just made. Raises ValueError for a spec that is refused."""
    spec, problem = parsing.spec(build.ModelBuildSpec, model_build)
    if spec is None:
        raise ValueError(problem)
    observed = build_state.Observed(model_build, spec, build.ModelBuildStatus())
    begun = build_deciding.decide(observed, now)
    (job,) = begun.objects
    over = {**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    done = dataclasses.replace(observed, jobs=(over,), pods=(_succeeded(job),))
    return Built(job, begun.status, build_deciding.decide(done, now).status)


def served(before: Asked, model_build: kinds.Manifest, now: dt.datetime) -> Served:
    """Of a ModelBuild whose status says that it is built."""
    told = parsing.status(deployment.ModelDeploymentStatus, {"status": before.status})
    known = dataclasses.replace(before.observed, builds=(model_build,), claim=before.claim, status=told)
    rolling = deciding.decide(known, now)
    servers = rolling.objects[2 + len(before.endpoints) :]
    there = dataclasses.replace(known, children=(_available(servers[-1]),), revisions=servers[:1])
    return Served(servers, rolling.status, deciding.decide(there, now).status)


def _succeeded(job: kinds.Manifest) -> kinds.Manifest:
    ended = {"exitCode": 0, "reason": "Completed", "message": specs.report()}
    labels = {names.JOB_NAME_LABEL: job["metadata"]["name"]}
    return {
        "metadata": {"name": "pod", "labels": labels},
        "status": {"phase": "Succeeded", "containerStatuses": [{"name": "publish", "state": {"terminated": ended}}]},
    }


def _available(server: kinds.Manifest) -> kinds.Manifest:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    return {**server, "status": counts}
