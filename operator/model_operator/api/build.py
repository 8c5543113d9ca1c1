"""ModelBuild: one build request, its Job, its result. Written by the operator alone."""

from typing import Annotated

from pydantic import Field

from model_builder import contract
from model_operator.api import types


class Execution(contract.Wire):
    """How a build is run: not part of what is asked, so changing it makes a new attempt of the same build."""

    resources: types.Resources = types.Resources()
    """Of each build container."""
    timeout: types.Duration = "1h"
    """From the start of the pod."""
    requested_at: Annotated[str, Field(max_length=64)] = ""
    """Value of the annotation modelsmith.dev/requestedAt: a new one resolves unpinned sources again."""
    queue_name: types.QueueName = ""
    """LocalQueue of Kueue that the Job waits in."""
    suspend: bool = False
    """Run no Job now. Everyone who asks for this build is suspended. Not part of the attempt."""


class BuildStore(contract.Wire):
    """Where the artifact goes: exactly one of its fields."""

    claim_name: types.ObjectName | None = None
    """PersistentVolumeClaim of the artifacts."""
    oci: types.OciStore | None = None
    """Repository of a registry."""


class ModelBuildSpec(contract.Wire):
    """Everything but `execution` is immutable and named by its digest."""

    request: contract.BuildRequest
    """What the builder is asked."""
    source: types.Source
    """Where the files lie."""
    store: BuildStore
    """Where the artifact goes."""
    images: types.Images
    """What builds, and what checks that it loads."""
    execution: Execution = Execution()
    """How it is run."""


class BuildArtifact(contract.Wire):
    """What came of it."""

    digest: contract.Digest
    """Digest of the manifest."""
    plan: contract.Digest
    """Digest of the plan: every source resolved to content."""
    uri: str
    """Where it lies."""
    precision: str
    """Of the chosen candidate."""
    accuracy: str = ""
    """On the evaluation set, with its 95 % interval."""
    delta: str = ""
    """Accuracy less the original model's, on the same samples, in percentage points."""
    speedup: str = ""
    """Time of the float graph / time of the artifact, with its 95 % interval; notMeasured where the target is another
    machine than the build's."""
    size: str = ""
    """Of the model files."""
    relative_size: str = ""
    """Size / size of the float graph's files; empty for the float model itself."""
    capacity: types.Capacity | None = None
    """What one server can take; absent where no server was asked."""
    notes: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=4)] = Field(default=[])
    """What a person should know besides, a sentence each."""
    requested_at: str = ""
    """The requestedAt that it answers."""


class ModelBuildStatus(contract.Wire):
    """What is known of the build."""

    observed_generation: int = 0
    """Generation this status speaks of."""
    attempt: str = ""
    """Digest of `execution` of the last attempt that ended or runs."""
    job: str = ""
    """Its Job."""
    cache_hit: bool = False
    """The store already had the artifact of that plan."""
    artifact: BuildArtifact | None = None
    """The last good result; stays while a later attempt runs or fails."""
    candidates: types.Candidates = Field(default=[])
    """The ladder: every candidate that was tried, in order, as last told by an attempt that judged any."""
    conditions: Annotated[list[types.Condition], Field(max_length=8)] = Field(default=[])
    """Built, and Reconciling or Stalled (kstatus)."""
