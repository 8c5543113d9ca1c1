"""The children and statuses of one ModelDeployment, for controllers that decide nothing.

They are rendered once, by the operator's own decisions about a sample, and then filled in like any template: equal
specs have equal children whoever makes them, and filling in costs the others next to nothing.
"""

import dataclasses
import datetime as dt
import hashlib
import json
from typing import Any

from bench import histories, specs
from model_operator import conditions, kinds, names

#: None is part of another; the claim names its users by the first eight characters of their uids.
NAME, NAMESPACE, UID, BUILD_UID, FACTORY = "sample-model", "sample-space", "sampleid-of-it", "sample-build", "sample:it"
_SHORT = 8
_THEN = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
_SAMPLE = {"name": NAME, "namespace": NAMESPACE, "uid": UID, "generation": 1}


@dataclasses.dataclass(frozen=True)
class Sample:
    """Everything that comes of the sample, as text to be filled in."""

    build_name: str
    claim: str
    endpoints: tuple[str, ...]
    build: str
    job: str
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
    asked = histories.asked({**specs.resource(NAME, FACTORY), "metadata": _SAMPLE}, _THEN)
    wanted = asked.build
    made = {**wanted, "metadata": {**wanted["metadata"], "uid": BUILD_UID, "generation": 1}}
    built = histories.built(made, _THEN)
    served = histories.served(asked, {**made, "status": built.ended}, _THEN)
    texts = {
        "building": asked.status,
        "rolling": served.rolling,
        "ready": served.ready,
        "build-running": built.running,
        "built": built.ended,
    }
    return Sample(
        wanted["metadata"]["name"],
        json.dumps(asked.claim),
        tuple(map(json.dumps, asked.endpoints)),
        json.dumps(wanted),
        json.dumps(built.job),
        tuple(map(json.dumps, served.servers)),
        {name: json.dumps(status) for name, status in texts.items()},
    )
