"""What is known about one ModelDeployment when its next step is decided."""

import base64
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from model_builder import digests
from model_operator import kinds, names, placing, policies, refusals, settings
from model_operator.api import deployment


@dataclasses.dataclass(frozen=True)
class Content:
    """What a ConfigMap source holds now."""

    digest: str
    files: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """Everything of ours in the namespace: what decides which artifacts are still needed.

    builds, revisions, servers (Deployments)   whoever they belong to
    jobs                                       of builds, and of what collects artifacts
    pods                                       of what collects artifacts

    All but the pods are outlines (`outlines.FIELDS`).
    """

    builds: tuple[kinds.Manifest, ...] = ()
    revisions: tuple[kinds.Manifest, ...] = ()
    servers: tuple[kinds.Manifest, ...] = ()
    jobs: tuple[kinds.Manifest, ...] = ()
    pods: tuple[kinds.Manifest, ...] = ()


@dataclasses.dataclass(frozen=True)
class Observed:
    """Everything `decide` may look at.

    resource    the ModelDeployment as the API server shows it
    spec        its spec, or None when this version does not understand it; `problem` then says why
    status      what was last written
    images      those of this operator
    image_volumes  whether the kubelet can mount an artifact from a registry
    content     of a ConfigMap source; None when it does not exist, or the source is another
    policy      what the administrator lets it use
    secrets     labels of the Secrets that it names, where they decide; none of those that do not exist
    siblings    the other ModelDeployments of the namespace, in outline (`outlines.FIELDS`)
    rivals      those of all namespaces that claim a host that it claims, in outline
    builds      the ModelBuilds that it owns, and the one it asks for
    claim       the artifact claim, whoever made it
    record      what is written down about collecting on that claim
    around      everything of ours in the namespace; None where it is not this one's turn to clean up
    children    Deployment, Services, and what else bears its names, whoever made those that it uses
    revisions   its ControllerRevisions
    pods        its servers
    events      Events about a server (or the ReplicaSet's want of one) that gives no other sign, oldest first
    answers     what sentinels answered, now or when they were asked last, by the pod's name
    survey      the nodes, while a server that needs one of a kind finds none; None where they may not be read
    refused     what was wanted a moment ago and could not be written
    scalers     HorizontalPodAutoscalers of somebody else that scale its Deployment, in outline, where that matters
    prometheus  URL of the Prometheus that KEDA asks; empty where the operator was not told
    room        whether one more server of the wanted revision would find its GPUs now; None where that is not known
    """

    resource: kinds.Manifest
    spec: deployment.ModelDeploymentSpec | None
    status: deployment.ModelDeploymentStatus
    images: settings.Images
    image_volumes: bool = True
    problem: str = ""
    content: Content | None = None
    policy: policies.Policy = policies.NONE
    secrets: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    rivals: tuple[kinds.Manifest, ...] = ()
    siblings: tuple[kinds.Manifest, ...] = ()
    builds: tuple[kinds.Manifest, ...] = ()
    claim: kinds.Manifest | None = None
    record: kinds.Manifest | None = None
    around: Surroundings | None = None
    children: tuple[kinds.Manifest, ...] = ()
    revisions: tuple[kinds.Manifest, ...] = ()
    pods: tuple[kinds.Manifest, ...] = ()
    events: tuple[kinds.Manifest, ...] = ()
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    survey: placing.Survey | None = None
    refused: tuple[refusals.Refusal, ...] = ()
    room: bool | None = None
    scalers: tuple[kinds.Manifest, ...] = ()
    prometheus: str = ""

    @property
    def name(self) -> str:
        """Of the ModelDeployment."""
        return str(self.resource["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Of it and of everything it has to do with."""
        return str(self.resource["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """Tells it from an earlier one of the same name."""
        return str(self.resource["metadata"]["uid"])

    @property
    def generation(self) -> int:
        """Of the spec."""
        return int(self.resource["metadata"].get("generation", 0))

    @property
    def requested_at(self) -> str:
        """What the annotation says, short enough for a field."""
        return requested_at(self.resource)

    @property
    def upgraded_at(self) -> str:
        """What the annotation says by which a person takes what a newer operator brings."""
        annotations = self.resource["metadata"].get("annotations") or {}
        return str(annotations.get(names.UPGRADED_AT, ""))[:64]

    @property
    def promoted(self) -> str:
        """Name of the revision whose canary a person ends well."""
        return str((self.resource["metadata"].get("annotations") or {}).get(names.PROMOTE, ""))

    @functools.cached_property
    def server(self) -> kinds.Manifest | None:
        """The Deployment of the stable track. One that outlived a namesake of its owner is about to go."""
        return self._deployment(self.name)

    @functools.cached_property
    def canary(self) -> kinds.Manifest | None:
        """The Deployment of the canary track, while there is one."""
        return self._deployment(names.canary(self.name))

    def _deployment(self, name: str) -> kinds.Manifest | None:
        mine = (child for child in self.children if self.uid in owner_uids(child))
        named = (child for child in mine if child["metadata"]["name"] == name)
        return next((child for child in named if child["kind"] == kinds.DEPLOYMENT.kind), None)

    def pods_of(self, revision: str) -> list[kinds.Manifest]:
        """Servers of a revision, on whatever track."""
        return [pod for pod in self.pods if (pod["metadata"].get("labels") or {}).get(names.REVISION) == revision]

    @property
    def deployed(self) -> str:
        """Name of the revision that the Deployment runs or rolls out; empty when there is none."""
        return revision_of(self.server)

    def build(self, name: str) -> kinds.Manifest | None:
        """A ModelBuild by name."""
        return next((build for build in self.builds if build["metadata"]["name"] == name), None)


def requested_at(resource: kinds.Manifest) -> str:
    """The annotation by which a person asks for a build anew, cut to what a ModelBuild holds."""
    annotations = resource["metadata"].get("annotations") or {}
    return str(annotations.get(names.REQUESTED_AT, ""))[:64]


def content(manifest: kinds.Manifest) -> Content:
    """A ConfigMap's files, as a volume of it shows them and fetch computes their digest."""
    text = {key: value.encode() for key, value in (manifest.get("data") or {}).items()}
    binary = {key: base64.b64decode(value) for key, value in (manifest.get("binaryData") or {}).items()}
    files = {name: digests.of_bytes(value) for name, value in {**text, **binary}.items()}
    return Content(digests.of_files(files), frozenset(files))


def revision_of(server: kinds.Manifest | None) -> str:
    """Name of the revision that a Deployment runs or rolls out; empty when there is none."""
    annotations = (server or {"metadata": {}})["metadata"].get("annotations") or {}
    return str(annotations.get(names.REVISION, ""))


def leaving(resource: kinds.Manifest) -> bool:
    """It is being deleted."""
    return bool(resource["metadata"].get("deletionTimestamp"))


def owner_uids(manifest: kinds.Manifest) -> set[str]:
    """Uids of an object's owners."""
    return {owner["uid"] for owner in manifest["metadata"].get("ownerReferences") or ()}


def field(manifest: kinds.Manifest, *path: str) -> Any:
    """A field of an object that need not have it: siblings are looked at by the hundred, and not parsed."""
    value: Any = manifest
    try:
        for part in path:
            value = value[part]
    except (KeyError, TypeError):  # not there, or there is something without fields
        return None
    return value
