"""What the builder is asked, what its steps hand on, and what it answers. pydantic only.

The operator renders a `BuildRequest` into a ConfigMap and reads a `Report` from a termination message; both sides
import these types, so neither can drift. JSON is camelCase, as Kubernetes writes it.

    request.json ─► fetch ─► Plan ─► convert ─► optimize ─► publish ─► Report (<= 4,096 bytes)
"""

import enum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

#: The version of the recipes: part of every plan digest, so raised whenever the same input would give another artifact.
RECIPE_VERSION = "1"
#: What Kubernetes keeps of a container's last words, in bytes; it cuts the rest silently.
TERMINATION_MESSAGE_LIMIT = 4096
#: golden.npz holds `input.<name>` and `output.<name>` arrays. Row i of each belongs to request i, and is the whole
#: tensor of that request: a model's with a batch axis have a batch of 1, e.g. (8, 1, 1, 8, 8) for 8 requests.
GOLDEN_INPUT = "input."
GOLDEN_OUTPUT = "output."
#: An answer is right when |answer - expected| <= TOLERANCE + TOLERANCE * |expected|, element by element.
TOLERANCE = 1e-3


class Wire(BaseModel):
    """A value on the wire: camelCase, immutable, and strict about names it does not know."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True,
        extra="forbid", frozen=True, use_attribute_docstrings=True,
    )


DataType = Literal[
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
]
#: DNS-like but for tensors: what ONNX, Triton and a Python keyword argument all accept.
TensorName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=63)]
#: A path inside a source: relative, no way out of it.
SourcePath = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*$", max_length=253),
]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]


class Tensor(Wire):
    """One input as the client sends it."""

    name: TensorName
    """Name of the tensor, the keyword under which clients send it."""
    dtype: DataType
    """Element type."""
    shape: Annotated[list[Annotated[int, Field(ge=-1, le=2**31 - 1)]], Field(min_length=1, max_length=8)]
    """Size of each axis; -1 is a dynamic axis. A leading -1 is the batch."""


class Architecture(Wire):
    """How to build the module that the weights belong to."""

    factory: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$", max_length=253)]
    """`module:function` inside the source; called without arguments it returns a torch.nn.Module."""


class ModelFormat(enum.StrEnum):
    """How the weights are stored."""

    STATE_DICT = "stateDict"
    SAFETENSORS = "safetensors"


class Model(Wire):
    """The model to export, apart from where it comes from."""

    format: ModelFormat
    """Format of the weights: stateDict (torch.save of a state dict, loaded with weights_only) or safetensors."""
    weights: SourcePath
    """File in the source that holds the weights."""
    architecture: Architecture
    """How to build the module that the weights belong to."""
    inputs: Annotated[list[Tensor], Field(min_length=1, max_length=16)]
    """What the client sends, in the order of the module's forward arguments."""
    outputs: Annotated[list[TensorName], Field(max_length=16)] = []
    """Names for the outputs, in order. Default: `output`, or output_0, output_1, ... where there are several."""


class Metric(enum.StrEnum):
    """What is computed on the evaluation set of a classifier. Recall and F1 are macro averages over the classes."""

    ACCURACY = "accuracy"
    RECALL = "recall"
    F1 = "f1"


class Data(Wire):
    """A data set in the source."""

    file: SourcePath
    """An .npz file with one array per model input, of the same name, and `labels` (integers), all of equal length."""


class Evaluation(Wire):
    """The held-back data on which every candidate is judged."""

    data: Data
    """The evaluation set; never the data that the model was trained on."""
    metrics: Annotated[list[Metric], Field(min_length=1, max_length=3)] = [Metric.ACCURACY]
    """What to compute."""


class CandidateName(enum.StrEnum):
    """A way to make the artifact."""

    NONE = "none"


class BuildRequest(Wire):
    """What the builder is asked to build. Where the source is mounted is not its concern."""

    model: Model
    """The model to export."""
    candidates: Annotated[list[CandidateName], Field(min_length=1, max_length=8)] = [CandidateName.NONE]
    """Precisions to try, in order."""
    evaluation: Evaluation | None = None
    """The evaluation set, when there is one."""
    source_root: Annotated[str, Field(max_length=253)] = ""
    """Folder inside the mounted source that all paths are relative to."""
    source_digest: Digest | None = None
    """Digest of the whole source where the asker knows it (`digests.of_files`); fetch holds the mount against it."""
    recipe: str = RECIPE_VERSION
    """Version of the recipes."""


class Plan(Wire):
    """What fetch found: the request with every source resolved to content. Its digest is the plan digest."""

    request: BuildRequest
    """The request as asked."""
    files: dict[str, Digest]
    """Each file that takes part in the build (weights, code, data sets), and its content."""


class Resolution(Wire):
    """fetch's answer, handed to the later steps as resolution.json."""

    plan: Plan
    """The plan."""
    plan_digest: Digest
    """`digests.of_plan(plan)`."""
    cached: Digest | None = None
    """The artifact that the store already holds for this plan; the later steps have nothing to do."""


class Signature(Wire):
    """signature.json: the tensors of an artifact, as a server must declare them."""

    inputs: list[Tensor]
    """In order."""
    outputs: list[Tensor]
    """In order."""
    batchable: bool
    """Every input and output has a leading dynamic axis, and it is the batch: a server may join requests."""


class Requires(Wire):
    """requires.json: what an artifact needs of the place that serves it."""

    runtime: Literal["onnxruntime"] = "onnxruntime"
    """Triton's backend."""
    triton_min: str = "2.40.0"
    """The oldest Triton that loads it."""
    opset: int
    """ONNX operator set of the default domain."""
    isa: Literal["portable"] = "portable"
    """Instruction set on which the numbers were proven."""
    gpu_arch: str | None = None
    """GPU architecture it is bound to, when it is."""


class Estimate(Wire):
    """A figure and its 95 % interval."""

    value: float
    """Point estimate."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


class CandidateReport(Wire):
    """How one candidate fared."""

    name: CandidateName
    """The candidate."""
    precision: str
    """What it computes in, e.g. float32: the element type that most of the weights' bytes have."""
    size: int
    """Bytes of the model files."""
    metrics: dict[Metric, Estimate] = {}
    """On the evaluation set, in the serving runtime's own library."""
    max_error: float
    """Largest absolute difference of any output from the original model's, over the samples compared."""


class Versions(Wire):
    """What built it."""

    modelsmith: str
    """This product."""
    libraries: dict[str, str]
    """Library -> version."""
    triton: str | None = None
    """Version of the server that loaded the artifact in the check."""


class FullReport(Wire):
    """report.json inside the artifact."""

    plan_digest: Digest
    """The plan it was built from."""
    chosen: CandidateName
    """The candidate that is the artifact."""
    candidates: list[CandidateReport]
    """All that were judged, in order."""
    baseline: dict[Metric, Estimate] = {}
    """The original model, in its own framework, on the same evaluation set."""
    samples: int = 0
    """Rows of the evaluation set."""
    classes: int = 0
    """Classes in the evaluation set."""
    versions: Versions
    """What built it."""


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
