"""How a step ends, and what it says last."""

import enum

from model_builder.contract.artifact import Estimate
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
    TRITON_REFUSED = "TritonRefused"
    TRITON_UNREACHABLE = "TritonUnreachable"
    STORE_FULL = "StoreFull"
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
    FailureReason.TRITON_REFUSED: "The server that will serve does not load the artifact, or answers it wrongly.",
    FailureReason.TRITON_UNREACHABLE: "The server beside the build did not come up.",
    FailureReason.STORE_FULL: "No space is left in the store or in the work volume.",
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
    """Set when it failed; all below is then empty."""
    artifact: Digest | None = None
    """Digest of the manifest."""
    plan: Digest | None = None
    """Digest of the plan."""
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
