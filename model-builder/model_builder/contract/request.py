"""What the builder is asked, and what fetch makes of it: the request with every source resolved to content."""

import enum
from typing import Annotated, Literal

from pydantic import Field

from model_builder.contract.wire import DataType, Digest, SourcePath, TensorName, Wire

#: The version of the recipes: part of every plan digest, so raised whenever the same input would give another artifact.
RECIPE_VERSION = "2"


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

    INT8_STATIC = "int8Static"
    FP16 = "fp16"
    NONE = "none"


#: Candidates that compute something else than the model does: none serves without a proof on an evaluation set.
LOSSY = frozenset({CandidateName.INT8_STATIC, CandidateName.FP16})
#: Rows of a calibration set that are used.
CALIBRATION_SAMPLES = 300


class Calibration(Wire):
    """Data that int8Static takes its ranges from: like what clients will send, and none of the evaluation set."""

    data: Data
    """The calibration set; it needs no labels."""
    samples: Annotated[int, Field(ge=1, le=100_000)] = CALIBRATION_SAMPLES
    """Rows used, spread evenly over the set."""
    method: Literal["minMax", "entropy"] = "minMax"
    """How ranges are chosen: minMax takes all that was seen, entropy cuts rare extremes (about six times slower)."""


#: A part of 1: 0.01 is a percentage point. Zero is left out, because no finite set of samples can prove it.
Fraction = Annotated[float, Field(ge=0.0001, le=1)]


class MaxDrop(Wire):
    """The most that each metric may fall below the original model's, as a part of 1 (0.01 is one point)."""

    accuracy: Fraction | None = None
    """Share of right answers."""
    recall: Fraction | None = None
    """Macro recall."""
    f1: Fraction | None = None
    """Macro F1."""

    def items(self) -> dict[Metric, float]:
        """Those that are limited."""
        limits = {Metric.ACCURACY: self.accuracy, Metric.RECALL: self.recall, Metric.F1: self.f1}
        return {metric: limit for metric, limit in limits.items() if limit is not None}


class Gate(Wire):
    """What a candidate must keep to be served, against the original model on the same evaluation samples."""

    max_drop: MaxDrop = MaxDrop(accuracy=0.01)
    """The most that each metric may fall. Default: accuracy 0.01, one percentage point."""
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] | None = None
    """Of a one-sided bound: the drop must then be below maxDrop with this confidence, not just as it was measured."""


class Cpu(enum.StrEnum):
    """Which x86-64 CPUs an artifact must give its proven answers on."""

    PORTABLE = "portable"
    """Any."""
    VNNI = "vnni"
    """Those with AVX512-VNNI or AVX-VNNI."""
    AMX = "amx"
    """Those with AMX int8."""


class GpuTarget(Wire):
    """A GPU."""


class Target(Wire):
    """Where the artifact will run: exactly one of its fields."""

    cpu: Cpu | None = None
    """CPUs: portable (any x86-64), or those with vnni or amx."""
    gpu: GpuTarget | None = None
    """A GPU, of any kind."""


#: What is meant where nothing is said and no GPU is asked for.
PORTABLE = Target(cpu=Cpu.PORTABLE)


class BuildRequest(Wire):
    """What the builder is asked to build. Where the source is mounted is not its concern."""

    model: Model
    """The model to export."""
    candidates: Annotated[list[CandidateName], Field(min_length=1, max_length=8)] = [CandidateName.NONE]
    """Precisions to try, in order; the first that passes is the artifact."""
    target: Target = PORTABLE
    """Where the artifact will run."""
    calibration: Calibration | None = None
    """What int8Static takes its ranges from."""
    evaluation: Evaluation | None = None
    """The evaluation set, when there is one; every lossy candidate needs it."""
    gate: Gate = Gate()
    """What a candidate must keep."""
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
    cached_reference: str = ""
    """Where a registry has it, as in Report.reference."""
