"""What an artifact says of itself to those who serve it, in signature, requirements, golden samples, distribution."""

from typing import Literal

from model_builder.contract.request import Tensor
from model_builder.contract.wire import Wire

#: golden.npz holds `input.<name>` and `output.<name>` arrays. Row i of each belongs to request i, and is the whole
#: tensor of that request: a model's with a batch axis have a batch of 1, e.g. (8, 1, 1, 8, 8) for 8 requests.
GOLDEN_INPUT = "input."
GOLDEN_OUTPUT = "output."
#: golden.npz also holds `tolerance.<name>` for each output: (2,) float64, absolute and relative. An answer is right
#: when |answer - expected| <= absolute + relative * |expected|, element by element.
GOLDEN_TOLERANCE = "tolerance."
#: The least that both parts of a tolerance are: other hardware sums in another order, and GPUs round float32 factors
#: to TF32 (10 bits). Between a model and its export, which differ in nothing else, it is all the tolerance there is.
TOLERANCE = 1e-3
#: As above, where the output is half precision: 11 bits, a unit roundoff of 5e-4, and sums lose more.
HALF_TOLERANCE = 1e-2
#: Share of whole numbers that may differ: those that come from comparing floats that are almost equal.
RARE = 1e-3


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
    isa: Literal["portable", "vnni", "amx"] = "portable"
    """CPUs on which the numbers are proven; compose refuses a server without that instruction set."""
    gpu_arch: str | None = None
    """GPU architecture it is bound to, when it is."""


class ValueCounts(Wire):
    """How many values of an output lie where."""

    edges: list[float]
    """Ascending; a bin ends with its edge. At most nine: the deciles, less those that are equal."""
    counts: list[int]
    """One more than edges: the last bin has what is above the last edge, and what is no number."""


class ClassCounts(Wire):
    """How many rows have their largest score in which column."""

    classes: list[int]
    """Columns that are counted apart: the most frequent ones."""
    counts: list[int]
    """Of each, and where there are other columns, of all of them together."""


class OutputDistribution(Wire):
    """How an output is distributed."""

    name: str
    """The output."""
    elements: int
    """Values in a row, that is in what one sample is answered with."""
    values: ValueCounts
    """Of all rows and columns."""
    classes: ClassCounts | None = None
    """Of an output that is a score for each of 2 to 100 classes."""


class Distribution(Wire):
    """distribution.json: how the answers to the evaluation set are distributed, as Triton's trace writes them."""

    rows: int
    """Samples of the evaluation set that were counted."""
    outputs: list[OutputDistribution]
    """Those that can be counted, in order."""
