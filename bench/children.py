"""The children and statuses of one ModelDeployment, for controllers that decide nothing.

They are rendered once, by the operator's own decisions about a sample, and then filled in like any template: equal
specs have equal children whoever makes them, and filling in costs the others next to nothing.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bench import specs
from model_builder import digests
from model_operator import conditions, kinds, names, settings
from model_operator.api import build, deployment, parsing
from model_operator.builds import deciding as build_deciding
from model_operator.builds import state as build_state
from model_operator.deployments import deciding, state

IMAGES = settings.Images("registry.test/builder:1", "registry.test/serving:1", "registry.test/triton:1")
#: None is part of another; the claim names its users by the first eight characters of their uids.
NAME, NAMESPACE, UID, BUILD_UID, FACTORY = "sample-model", "sample-space", "sampleid-of-it", "sample-build", "sample:it"
_SHORT = 8
Status = Mapping[str, Any] | None
_THEN = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
_SAMPLE = {"name": NAME, "namespace": NAMESPACE, "uid": UID, "generation": 1}


@dataclasses.dataclass(frozen=True)
class Sample:
    """Everything that comes of the sample, as text to be filled in."""

    build_name: str
    claim: str
    endpoints: tuple[str, ...]
    build: str
    job: tuple[str, ...]
    servers: tuple[str, ...]
    statuses: dict[str, str]


class Filler:
    """The sample with the names of one ModelDeployment in it."""

    def __init__(self, sample: Sample, resource: kinds.Manifest, build_uid: str = "") -> None:
        """Take the ModelDeployment, and its build once there is one."""
        metadata = resource["metadata"]
        self.sample, self.build_name = sample, build_name(resource)
        self._words = (
            (sample.build_name, self.build_name),
            (NAME, metadata["name"]),
            (NAMESPACE, metadata["namespace"]),
            (UID, metadata["uid"]),
            (UID[:_SHORT], metadata["uid"][:_SHORT]),
            (BUILD_UID, build_uid),
            (FACTORY, resource["spec"]["model"]["architecture"]["factory"]),
        )

    def fill(self, text: str) -> Any:
        """One manifest, or status."""
        for placeholder, word in self._words:
            text = text.replace(placeholder, word)
        return json.loads(text)

    def status(self, name: str) -> Any:
        """One status, as of now."""
        now = conditions.timestamp(dt.datetime.now(dt.UTC))
        return self.fill(self.sample.statuses[name].replace(conditions.timestamp(_THEN), now))


def build_name(resource: kinds.Manifest) -> str:
    """One build for one spec in one namespace."""
    text = json.dumps(resource["spec"], sort_keys=True)
    return names.build(hashlib.sha256(text.encode()).hexdigest())


def sample() -> Sample:
    """Have the operator decide about a sample, from the first look to Ready."""
    first = _observed()
    asked = deciding.decide(first, _THEN)
    claim, wanted, *endpoints = asked.objects
    build_name, running, ended, job = _build(wanted)
    built = {**wanted, "metadata": {**wanted["metadata"], "generation": 1}, "status": ended}
    known = dataclasses.replace(first, builds=(built,), claim=claim)
    rolling = deciding.decide(known, _THEN)
    servers = rolling.objects[2 + len(endpoints) :]
    served = dataclasses.replace(known, children=(_available(servers[-1]),), revisions=servers[:1])
    texts = {
        "building": asked.status,
        "rolling": rolling.status,
        "ready": deciding.decide(served, _THEN).status,
        "build-running": running,
        "built": ended,
    }
    return Sample(
        build_name,
        json.dumps(claim),
        tuple(map(json.dumps, endpoints)),
        json.dumps(wanted),
        tuple(map(json.dumps, job)),
        tuple(map(json.dumps, servers)),
        {name: json.dumps(status) for name, status in texts.items()},
    )


def _observed() -> state.Observed:
    resource = {**specs.resource(NAME, FACTORY), "metadata": _SAMPLE}
    spec, problem = parsing.spec(deployment.ModelDeploymentSpec, resource)
    if spec is None:
        raise ValueError(problem)
    files = {name: digests.of_bytes(base64.b64decode(content)) for name, content in specs.FILES.items()}
    content = state.Content(digests.of_files(files), frozenset(files))
    return state.Observed(resource, spec, deployment.ModelDeploymentStatus(), IMAGES, content=content)


def _build(wanted: kinds.Manifest) -> tuple[str, Status, Status, tuple[kinds.Manifest, ...]]:
    """The build's name, its status before and after the Job, and what is made for it."""
    name = wanted["metadata"]["name"]
    resource = {**wanted, "metadata": {**wanted["metadata"], "uid": BUILD_UID, "generation": 1}}
    spec, problem = parsing.spec(build.ModelBuildSpec, resource)
    if spec is None:
        raise ValueError(problem)
    observed = build_state.Observed(resource, spec, build.ModelBuildStatus())
    begun = build_deciding.decide(observed, _THEN)
    job = {**begun.objects[-1], "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    done = dataclasses.replace(observed, jobs=(job,), pods=(_succeeded(job),))
    return name, begun.status, build_deciding.decide(done, _THEN).status, begun.objects


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
