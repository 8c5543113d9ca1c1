"""What the builder is asked, what its steps hand on, and what it answers. pydantic only.

The operator renders a `BuildRequest` into a ConfigMap and reads a `Report` from a termination message; both sides
import these types, so neither can drift. JSON is camelCase, as Kubernetes writes it.

    request.json ─► fetch ─► Plan ─► convert ─► optimize ─► publish ─► Report (<= 4,096 bytes)
"""

from model_builder.contract.artifact import (
    GOLDEN_INPUT,
    GOLDEN_OUTPUT,
    TOLERANCE,
    CandidateReport,
    Estimate,
    FullReport,
    Requires,
    Signature,
    Versions,
)
from model_builder.contract.report import (
    SENTENCES,
    TERMINATION_MESSAGE_LIMIT,
    ExitCode,
    Failure,
    FailureReason,
    Report,
    Step,
)
from model_builder.contract.request import (
    RECIPE_VERSION,
    Architecture,
    BuildRequest,
    CandidateName,
    Data,
    Evaluation,
    Metric,
    Model,
    ModelFormat,
    Plan,
    Resolution,
    Tensor,
)
from model_builder.contract.wire import DataType, Digest, SourcePath, TensorName, Wire

__all__ = [
    "GOLDEN_INPUT",
    "GOLDEN_OUTPUT",
    "RECIPE_VERSION",
    "SENTENCES",
    "TERMINATION_MESSAGE_LIMIT",
    "TOLERANCE",
    "Architecture",
    "BuildRequest",
    "CandidateName",
    "CandidateReport",
    "Data",
    "DataType",
    "Digest",
    "Estimate",
    "Evaluation",
    "ExitCode",
    "Failure",
    "FailureReason",
    "FullReport",
    "Metric",
    "Model",
    "ModelFormat",
    "Plan",
    "Report",
    "Requires",
    "Resolution",
    "Signature",
    "SourcePath",
    "Step",
    "Tensor",
    "TensorName",
    "Versions",
    "Wire",
]
