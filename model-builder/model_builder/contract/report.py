"""How a step ends, and what it says last."""

import enum

from model_builder.contract.judgement import Drop, Estimate, Rung, ServerCapacity
from model_builder.contract.request import Metric
from model_builder.contract.wire import Digest, Wire

#: What Kubernetes keeps of a container's last words, in bytes; it cuts the rest silently.
TERMINATION_MESSAGE_LIMIT = 4096


class ExitCode(enum.IntEnum):
    """How a step ends. Fixed numbers: a Job's podFailurePolicy names them."""

    DONE = 0
    REJECTED = 64
    """The request cannot be built as it is: trying again gives the same."""
    GATE_FAILED = 65
    """No candidate passed."""
    TRANSIENT = 75
    """Something around the build failed; worth another try."""
    STORE_FULL = 76
    """No space left in the store or the work volume."""
    INTERNAL = 70
    """A defect of ours."""


class Step(enum.StrEnum):
    """The four containers."""

    FETCH = "fetch"
    CONVERT = "convert"
    OPTIMIZE = "optimize"
    PUBLISH = "publish"


class FailureReason(enum.StrEnum):
    """Why a build failed, in one word. What each means stands in `SENTENCES`."""

    SOURCE_MISSING = "SourceMissing"
    SOURCE_CHANGED = "SourceChanged"
    WEIGHTS_UNREADABLE = "WeightsUnreadable"
    WEIGHTS_UNSAFE = "WeightsUnsafe"
    WEIGHTS_MISMATCH = "WeightsMismatch"
    FACTORY_NOT_FOUND = "FactoryNotFound"
    FACTORY_FAILED = "FactoryFailed"
    SHAPE_MISMATCH = "ShapeMismatch"
    EXPORT_FAILED = "ExportFailed"
    EXPORT_DIFFERS = "ExportDiffers"
    EVALUATION_INVALID = "EvaluationInvalid"
    EVALUATION_TOO_SMALL = "EvaluationTooSmall"
    EVALUATION_MISSING = "EvaluationMissing"
    CALIBRATION_INVALID = "CalibrationInvalid"
    CALIBRATION_MISSING = "CalibrationMissing"
    DATA_OVERLAP = "DataOverlap"
    GATE_WITHOUT_LIMIT = "GateWithoutLimit"
    TARGET_AMBIGUOUS = "TargetAmbiguous"
    NO_INT8_ON_THIS_RUNTIME = "NoInt8OnThisRuntime"
    GATE_FAILED = "GateFailed"
    TRITON_REFUSED = "TritonRefused"
    TRITON_UNREACHABLE = "TritonUnreachable"
    STORE_FULL = "StoreFull"
    STORE_REFUSED = "StoreRefused"
    STORE_UNREACHABLE = "StoreUnreachable"
    ARTIFACT_GONE = "ArtifactGone"
    INTERNAL_ERROR = "InternalError"


SENTENCES: dict[FailureReason, str] = {
    FailureReason.SOURCE_MISSING: "A file that the request names is not in the source.",
    FailureReason.SOURCE_CHANGED: "The source changed between request and build; the next try sees the new content.",
    FailureReason.WEIGHTS_UNREADABLE: "The weights file is truncated, or is not of the declared format.",
    FailureReason.WEIGHTS_UNSAFE: "The weights file holds code (a pickle of more than tensors), which is never run.",
    FailureReason.WEIGHTS_MISMATCH: "The weights do not fit the module that the factory returns.",
    FailureReason.FACTORY_NOT_FOUND: "The factory's module or function is not in the source.",
    FailureReason.FACTORY_FAILED: "The factory raised, or returned something other than a torch.nn.Module.",
    FailureReason.SHAPE_MISMATCH: "The module does not accept the declared inputs, or data has other shapes.",
    FailureReason.EXPORT_FAILED: "The module cannot be exported to ONNX.",
    FailureReason.EXPORT_DIFFERS: "The exported graph does not compute what the module computes.",
    FailureReason.EVALUATION_INVALID: "The evaluation set is empty, mislabelled or misses an array.",
    FailureReason.EVALUATION_TOO_SMALL: "The evaluation set has too few rows to see a drop of gate.maxDrop.",
    FailureReason.EVALUATION_MISSING: "A lossy candidate is asked for without an evaluation set to prove it on.",
    FailureReason.CALIBRATION_INVALID: "The calibration set is empty, misses an array or has other shapes.",
    FailureReason.CALIBRATION_MISSING: "int8Static is asked for without a calibration set.",
    FailureReason.DATA_OVERLAP: "A row stands in two data sets that must have none in common.",
    FailureReason.GATE_WITHOUT_LIMIT: "The gate limits no metric, so every candidate would pass it.",
    FailureReason.TARGET_AMBIGUOUS: "The target names both a CPU and a GPU, or neither.",
    FailureReason.NO_INT8_ON_THIS_RUNTIME: "int8Static is asked for on a GPU, where it needs TensorRT, not built yet.",
    FailureReason.GATE_FAILED: "No candidate keeps what the gate asks.",
    FailureReason.TRITON_REFUSED: "The server that will serve does not load the artifact, or answers it wrongly.",
    FailureReason.TRITON_UNREACHABLE: "The server beside the build did not come up.",
    FailureReason.STORE_FULL: "No space is left in the store or in the work volume.",
    FailureReason.STORE_REFUSED: "The registry refuses to read or write the artifact: credentials, or its name.",
    FailureReason.STORE_UNREACHABLE: "The registry of the artifact does not answer.",
    FailureReason.ARTIFACT_GONE: "The artifact that the store had was removed during the build; the next try makes it.",
    FailureReason.INTERNAL_ERROR: "A defect of the builder itself.",
}


class Failure(Wire):
    """Why a step ended without its result: what happened, to what, and what to do next."""

    reason: FailureReason
    """In one word."""
    message: str
    """What happened, in the original words where there are some."""
    field: str = ""
    """Field of the resource, or file of the source, it is about."""
    next_step: str = ""
    """What to do about it."""


class Report(Wire):
    """A container's termination message, untrusted by its reader: one line, at most TERMINATION_MESSAGE_LIMIT bytes."""

    step: Step
    """Who speaks."""
    failure: Failure | None = None
    """Set when it failed; all below but candidates is then empty."""
    candidates: list[Rung] = []
    """The ladder: every candidate that was tried, in order."""
    artifact: Digest | None = None
    """Digest of the manifest."""
    plan: Digest | None = None
    """Digest of the plan."""
    reference: str = ""
    """Where a registry has it: repository@digest of the image manifest; empty for a store on a claim."""
    cache_hit: bool = False
    """The store already had the artifact."""
    precision: str = ""
    """The chosen candidate's, e.g. float32."""
    size: int = 0
    """Bytes of the model files."""
    metrics: dict[Metric, Estimate] = {}
    """The chosen candidate's."""
    baseline: dict[Metric, Estimate] = {}
    """The original model's."""
    drops: dict[Metric, Drop] = {}
    """The chosen candidate's, against the original model."""
    float_size: int = 0
    """Bytes of the float graph's files."""
    speedup: Estimate | None = None
    """Against the float graph; absent where it was not measured on the target."""
    capacity: ServerCapacity | None = None
    """What one server can take; absent where no server was asked."""
    notes: list[str] = []
    """FullReport.notes."""
