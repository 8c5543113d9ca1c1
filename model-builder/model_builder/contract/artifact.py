"""What an artifact says of itself: signature.json, requires.json, golden.npz, report.json."""

from typing import Literal

from model_builder.contract.request import CandidateName, Metric, Tensor
from model_builder.contract.wire import Digest, Wire

#: golden.npz holds `input.<name>` and `output.<name>` arrays. Row i of each belongs to request i, and is the whole
#: tensor of that request: a model's with a batch axis have a batch of 1, e.g. (8, 1, 1, 8, 8) for 8 requests.
GOLDEN_INPUT = "input."
GOLDEN_OUTPUT = "output."
#: An answer is right when |answer - expected| <= TOLERANCE + TOLERANCE * |expected|, element by element.
TOLERANCE = 1e-3


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
