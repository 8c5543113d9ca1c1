"""How candidates were judged, and with which figures: report.json inside an artifact, and its pieces."""

import enum
from typing import Literal

from model_builder.contract.request import CandidateName, Metric, Target
from model_builder.contract.wire import Digest, Wire


class Estimate(Wire):
    """A figure and its 95 % interval."""

    value: float
    """Point estimate."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


class Verdict(enum.StrEnum):
    """How a candidate was judged."""

    PASSED = "passed"
    """It keeps what the gate asks."""
    FAILED = "failed"
    """It does not."""
    INCONCLUSIVE = "inconclusive"
    """The evaluation set is too small to tell with the asked confidence; counts as failed."""
    REFUSED = "refused"
    """It cannot be made, or makes no sense, for this model and target."""


class Rung(Wire):
    """One step of the ladder: which candidate, and what came of it."""

    candidate: CandidateName
    """The candidate."""
    verdict: Verdict
    """How it was judged."""
    message: str = ""
    """Why, with the figures, for a person."""


class Mode(enum.StrEnum):
    """In what company a sample was answered. Each candidate is judged in every one that it may be served in."""

    ALONE = "alone"
    FULL_BATCH = "fullBatch"
    MIXED_BATCHES = "mixedBatches"
    """Sizes and neighbours drawn at random, seeded."""


class Drop(Wire):
    """How far a metric fell below the original model's: a paired difference, positive is worse, as a part of 1."""

    value: float
    """Point estimate, in the worst mode."""
    low: float
    """Lower end of the two-sided 95 % interval of that mode."""
    high: float
    """Upper end."""
    bound: float | None = None
    """Upper end of the one-sided interval at gate.confidence, where that was asked."""
    limit: float | None = None
    """The gate's maxDrop, where the metric is limited."""
    mode: Mode
    """The worst mode."""
    worse: int
    """Samples that the original model answered rightly and the candidate wrongly."""
    better: int
    """The other way round."""


class Histogram(Wire):
    """Latencies of single calls, counted in bins of equal ratio."""

    edges: list[float]
    """Ends of the bins in microseconds, ascending; one more than counts."""
    counts: list[int]
    """Calls in each bin."""


class Latency(Wire):
    """How long calls of one kind took, in microseconds."""

    batch: int
    """Samples a call."""
    calls: int
    """Calls that were timed."""
    p50: float
    p90: float
    p99: float
    histogram: Histogram


class Speed(Wire):
    """How fast a candidate is against the float graph: both in this runtime, in turn, in one process."""

    batch: int
    """Samples a call."""
    rounds: int
    """Pairs of runs; each gives one ratio."""
    ratio: Estimate
    """Time of the float graph / time of the candidate: the median of the rounds, with its 95 % interval."""
    candidate: Latency
    """The candidate's calls."""
    float_graph: Latency
    """The float graph's calls."""
    threads: int
    """Threads of the runtime."""
    cpu: str
    """The machine's CPU, with the instruction sets that matter, e.g. `Xeon ... (avx2, avx512_vnni)`."""


class ServerLatency(Wire):
    """Latency of the artifact through a real server, with what answered."""

    server: str
    """e.g. triton 2.51.0."""
    backend: str
    """e.g. onnxruntime (model.py), where a Python backend stands in for the real one."""
    protocol: Literal["grpc", "http"] = "grpc"
    """How it was asked, from the same pod."""
    latency: Latency
    """Of requests one after another."""


class ServerLoad(Wire):
    """What a real server did while so many requests were always under way."""

    concurrency: int
    """Requests under way."""
    requests: int
    """Requests that were answered."""
    requests_per_second: float
    """Those of a second."""
    latency: float
    """Microseconds that a request took, on average: concurrency / requests_per_second (Little's law)."""


class ServerCapacity(Wire):
    """What one server can take, with the settings that serving has by default, and as much CPU as it had here.

    A lower bound: who asked shared its CPUs.
    """

    requests_per_second: float
    """Throughput at the knee: the least load that gets about as much done as any."""
    concurrency: int
    """Requests under way there."""
    latency: float
    """Microseconds that a request took there, on average."""
    threads: int
    """Threads of an execution."""
    max_batch: int
    """Requests of one sample that one execution takes at most; 1 where the server joins none."""
    batch_seconds: float
    """max_batch / requests_per_second: what a request waits behind one full batch, at most."""


class CandidateReport(Wire):
    """How one candidate fared. What was not looked at, because it was refused before, is not there."""

    name: CandidateName
    """The candidate."""
    verdict: Verdict
    """How it was judged."""
    message: str = ""
    """Why, with the figures, for a person."""
    precision: str = ""
    """What it computes in, e.g. float32: the element type that most of the weights' elements have."""
    size: int = 0
    """Bytes of the model files."""
    tensors: Digest | None = None
    """Digest of its weights (name, type, shape, bytes of each, in order of names): equal for equal plans."""
    metrics: dict[Metric, Estimate] = {}
    """On the evaluation set, in the serving runtime's own library, each in its worst mode."""
    drops: dict[Metric, Drop] = {}
    """Against the original model, sample by sample."""
    max_error: float | None = None
    """Largest absolute difference of any output from the original model's, over the samples compared."""
    speed: Speed | None = None
    """Against the float graph; absent where the target is not this machine: then it is not measured."""


class ConfusionCell(Wire):
    """Rows of one class that were answered with one class."""

    truth: int
    predicted: int
    count: int


class Versions(Wire):
    """What built it."""

    modelsmith: str
    """This product."""
    libraries: dict[str, str]
    """Library -> version."""
    triton: str | None = None
    """Version of the server that loaded the artifact in the check."""


#: Version of report.json: raised when a field changes its meaning or goes.
REPORT_SCHEMA = 2


class FullReport(Wire):
    """report.json inside the artifact. `model_json_schema` of this type is its schema."""

    schema_version: int = REPORT_SCHEMA
    """REPORT_SCHEMA of the builder that wrote it."""
    plan_digest: Digest
    """The plan it was built from."""
    target: Target
    """Where the artifact shall run."""
    float_size: int
    """Bytes of the float graph's files."""
    batchable: bool
    """A server may join requests: every sample gets the same answer in company as alone."""
    notes: list[str] = []
    """What a person should know besides, a sentence each."""
    chosen: CandidateName
    """The candidate that is the artifact."""
    candidates: list[CandidateReport]
    """All that were judged, in order."""
    baseline: dict[Metric, Estimate] = {}
    """The original model, in its own framework, on the same evaluation set."""
    confusion: list[ConfusionCell] = []
    """Of the chosen candidate; cells that are not empty."""
    tolerance: dict[str, tuple[float, float]] = {}
    """Output name -> absolute and relative, as in golden.npz."""
    server: ServerLatency | None = None
    """The artifact through the server of the check; absent without a check."""
    capacity: ServerCapacity | None = None
    """What that server can take; absent without a check, and in reports from before it was measured."""
    loads: list[ServerLoad] = []
    """The loads that tell it, one after another; the first is of `server.latency`."""
    recipe: dict[str, str] = {}
    """What was asked, for a person: calibration set, samples and method, gate, and the like."""
    files: dict[str, Digest] = {}
    """Each file that took part in the build, and its content."""
    samples: int = 0
    """Rows of the evaluation set."""
    classes: int = 0
    """Classes in the evaluation set."""
    versions: Versions
    """What built it."""
