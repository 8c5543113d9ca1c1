"""ModelDeployment: from a checkpoint to a served model. The resource that people write."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_builder import contract
from model_operator import names
from model_operator.api import autoscaling as scaling_api
from model_operator.api import rollouts, runtime, types


class Model(contract.Model):
    """The model, and where it comes from."""

    source: types.Source
    """Where the files of the model lie: exactly one of configMap and pvc."""


class Build(contract.Wire):
    """How the artifact is made and judged."""

    candidates: Annotated[list[contract.CandidateName], Field(min_length=1, max_length=8)] = Field(
        default=[contract.CandidateName.NONE]
    )
    """Precisions to try, in order. none is the float model, exported. int8Static needs calibration, and every one but
    none needs an evaluation set."""
    selection: Literal["first"] = "first"
    """Which candidate serves: the first that passes the gate."""
    target: contract.Target | None = None
    """Where the artifact will run. Default: a GPU where serving.gpu is set, else any CPU (cpu: portable)."""
    calibration: contract.Calibration | None = None
    """Data from which int8Static takes its ranges."""
    evaluation: contract.Evaluation | None = None
    """The held-back data on which the artifact is judged. Without it no accuracy is reported."""
    gate: contract.Gate = contract.Gate()
    """What a candidate must keep to be served."""
    resources: types.Resources = types.Resources()
    """Of each build container. Default: 500m CPU and 2Gi of memory requested, memory limited to 4Gi."""
    timeout: types.Duration = "1h"
    """How long a build may take, from the start of its pod."""
    image: types.Image = ""
    """Builder image, when not the operator's."""
    queue_name: types.QueueName = ""
    """LocalQueue of Kueue in this namespace, in which the build waits for its turn."""


class Artifact(contract.Wire):
    """Where artifacts are kept."""

    store: Literal["pvc", "oci"] = "pvc"
    """Kind of store. pvc is a PersistentVolumeClaim shared by the namespace; oci is a registry, from which each node
    pulls an artifact once."""
    oci: types.OciStore | None = None
    """The registry, with store oci."""
    claim_name: types.ObjectName = names.ARTIFACT_CLAIM
    """The claim. It is made when there is none, and then removed with the last ModelDeployment that uses it."""
    storage_class_name: types.OptionalName = ""
    """Storage class of a claim that is made; empty is the cluster's default."""
    size: types.Quantity = "10Gi"
    """Size of a claim that is made."""
    reclaim_policy: Literal["Delete", "Retain"] | None = None
    """What becomes of artifacts that nothing needs any more. Default: Delete on a claim that is made here, Retain on
    one of yours and in a registry. Delete in a registry is for a repository that nobody but this namespace uses."""
    history_limit: Annotated[int, Field(ge=1, le=10)] = 10
    """How many revisions are kept to go back to, with their artifacts; those being served count among them."""

    @model_validator(mode="after")
    def _registry_where_it_is_used(self) -> Self:
        """The API server says the same by a rule; nobody may get around it."""
        if (self.store == "oci") != (self.oci is not None):
            message = "oci names the registry of store oci: give both, or neither"
            raise ValueError(message)
        return self


class ModelDeploymentSpec(contract.Wire):
    """What is wanted."""

    model: Model
    """The model, and where it comes from."""
    build: Build = Build()
    """How the artifact is made and judged."""
    artifact: Artifact = Artifact()
    """Where artifacts are kept."""
    serving: runtime.Serving = runtime.Serving()
    """How the artifact is served."""
    suspend: bool = False
    """Stop building and rolling out. What serves goes on, and nothing is deleted."""


class BuildReference(contract.Wire):
    """The build of this generation."""

    name: str
    """Its ModelBuild."""
    cache_hit: bool = False
    """The store already had the artifact."""
    candidates: types.Candidates = Field(default=[])
    """The ladder: every candidate that was tried, in order, and what came of it."""


class ServedArtifact(contract.Wire):
    """The artifact of this generation, or the last good one."""

    digest: contract.Digest
    """Digest of its manifest."""
    uri: str
    """Where it lies."""
    precision: str
    """E.g. float32."""
    accuracy: str = ""
    """On the evaluation set, with its 95 % interval."""
    delta: str = ""
    """Accuracy less the original model's, on the same samples, in percentage points."""
    speedup: str = ""
    """Time of the float graph / time of the artifact; notMeasured where the target is not where it was built."""
    size: str = ""
    """Of the model files."""
    capacity: types.Capacity | None = None
    """What one server can take; absent where the build asked none."""


class Endpoints(contract.Wire):
    """Where clients reach the model."""

    model_name: str
    """The name to ask for."""
    url: str
    """HTTP: from outside where an Ingress or a route is asked for, else inside the cluster; empty with serving.tls."""
    grpc_url: str
    """gRPC, likewise."""
    hosts: Annotated[list[Annotated[str, Field(max_length=512)]], Field(max_length=32)] = Field(default=[])
    """Hosts with their paths that are this one's; whoever asks for one of them later is refused (HostTaken)."""
    routes: Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=4)] = Field(default=[])
    """Kinds of routes of the Gateway API that were made."""


class HistoryEntry(contract.Wire):
    """A revision that was served."""

    revision: str
    """Its ControllerRevision."""
    artifact: contract.Digest
    """What it served."""
    since: str
    """When it was first fully ready (RFC 3339)."""
    figures: str = ""
    """What its canary measured, where there was one."""
    latency: Annotated[str, Field(max_length=32)] | None = None
    """Mean time of a request in the server, in the first ten minutes in which enough were served."""


class ModelDeploymentStatus(contract.Wire):
    """What is so. Printed figures are strings: a float has no stable spelling."""

    observed_generation: int = 0
    """Generation this status speaks of."""
    conditions: Annotated[list[types.Condition], Field(max_length=16)] = Field(default=[])
    """Accepted, Built, Available, Ready, and Reconciling or Stalled (kstatus)."""
    images: types.Images | None = None
    """Images in use, recorded at first use. A changed request, or a new value of the annotation
    modelsmith.dev/requestedAt, takes those of the operator at that time."""
    serving_images: types.ServingImages | None = None
    """Images of the servers, where modelsmith.dev/upgradedAt took newer ones without a build."""
    recipe: str = ""
    """Version of the recipes, recorded with the images."""
    upgraded_at: str = ""
    """Value of the annotation modelsmith.dev/upgradedAt that was last carried out."""
    asked: str = ""
    """Digest of what was asked when they were recorded."""
    build: BuildReference | None = None
    """The build of this generation."""
    artifact: ServedArtifact | None = None
    """The artifact that serves, or will."""
    rollout: rollouts.RolloutStatus | None = None
    """The revision that is wanted."""
    serving: Endpoints | None = None
    """Where clients reach it."""
    autoscaling: scaling_api.AutoscalingStatus | None = None
    """What changes the number of servers, where something does."""
    history: Annotated[list[HistoryEntry], Field(max_length=10)] = Field(default=[])
    """Revisions that were served, newest first."""
    replicas: int = 0
    """Servers that exist."""
    selector: str = ""
    """Label selector of the servers."""
