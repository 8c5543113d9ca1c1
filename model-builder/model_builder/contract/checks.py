"""Requests that contradict themselves: found before anything is fetched, and by the operator before there is a pod."""

from model_builder.contract.report import Failure, FailureReason
from model_builder.contract.request import LOSSY, BuildRequest, CandidateName


def contradiction(request: BuildRequest) -> Failure | None:
    """The first thing that cannot be carried out as it is asked, or None."""
    return next(filter(None, (check(request) for check in CHECKS)), None)


def int8_on_gpu(request: BuildRequest) -> Failure | None:
    """On a GPU, int8 means TensorRT: ONNX Runtime's CUDA provider would compute Q/DQ in float, and slower."""
    if request.target.gpu is None or CandidateName.INT8_STATIC not in request.candidates:
        return None
    return Failure(
        reason=FailureReason.NO_INT8_ON_THIS_RUNTIME,
        message="int8Static is asked for on a GPU, where int8 needs TensorRT, which is not built yet",
        field="spec.build.candidates",
        next_step="Use [fp16, none] for a GPU, or serve on the CPU: remove spec.serving.gpu and spec.build.target.gpu.",
    )


def lossy_without_evaluation(request: BuildRequest) -> Failure | None:
    """Nothing lossy is served unproven."""
    lossy = [name for name in request.candidates if name in LOSSY]
    if request.evaluation is not None or not lossy:
        return None
    return Failure(
        reason=FailureReason.EVALUATION_MISSING,
        message=f"{', '.join(lossy)} can only be proven on an evaluation set, and none is named",
        field="spec.build.evaluation",
        next_step="Name held-back samples in spec.build.evaluation.data.file, or ask for candidates: [none].",
    )


def int8_without_calibration(request: BuildRequest) -> Failure | None:
    """Ranges come from data; the evaluation set must not choose."""
    if request.calibration is not None or CandidateName.INT8_STATIC not in request.candidates:
        return None
    return Failure(
        reason=FailureReason.CALIBRATION_MISSING,
        message="int8Static takes its ranges from calibration data, and none is named",
        field="spec.build.calibration",
        next_step="Name samples like those that clients will send, e.g. a part of the training data, in "
        "spec.build.calibration.data.file.",
    )


def ambiguous_target(request: BuildRequest) -> Failure | None:
    """A target is one place."""
    if (request.target.cpu is None) != (request.target.gpu is None):
        return None
    return Failure(
        reason=FailureReason.TARGET_AMBIGUOUS,
        message="the target names both a CPU and a GPU, or neither",
        field="spec.build.target",
        next_step="Name exactly one: {cpu: portable | vnni | amx} or {gpu: {}}.",
    )


def gate_without_limit(request: BuildRequest) -> Failure | None:
    """What everything passes proves nothing."""
    if request.gate.max_drop.items() or not LOSSY.intersection(request.candidates):
        return None
    return Failure(
        reason=FailureReason.GATE_WITHOUT_LIMIT,
        message="the gate limits no metric, so every candidate would pass it",
        field="spec.build.gate.maxDrop",
        next_step="Limit one, e.g. {accuracy: 0.01}, or leave gate out, which means just that.",
    )


CHECKS = (ambiguous_target, int8_on_gpu, lossy_without_evaluation, int8_without_calibration, gate_without_limit)
