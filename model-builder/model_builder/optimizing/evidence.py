"""What candidates are judged on: the samples, and what the original model answered."""

import dataclasses

from model_builder import arrays, contract, datasets, errors, places, samples
from model_builder.optimizing import gating, modes
from model_builder.optimizing.candidates import registry


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All of it."""

    request: contract.BuildRequest
    dataset: datasets.Dataset | None
    #: Input name -> (requests, *whole shape of one).
    requests: dict[str, arrays.Array]
    #: The original model's outputs: to the golden requests, (requests, *whole output) each ...
    golden: modes.Answers
    #: ... and to the evaluation set, in batches of running.BATCH in its order, (rows, *output) each.
    evaluation: modes.Answers

    @property
    def asked(self) -> list[contract.Metric]:
        """Which metrics to compute: those that are asked for, and those that the gate limits."""
        evaluation = self.request.evaluation
        return gating.gated(self.request.gate, evaluation.metrics) if evaluation else []

    @property
    def batched(self) -> bool:
        """Do the declared inputs have a batch axis?"""
        return datasets.has_batch(self.request.model.inputs)


def gather(where: places.Places, request: contract.BuildRequest) -> Evidence:
    """Read it.

    Raises:
        RejectedError: EvaluationInvalid; EvaluationTooSmall, when a lossy candidate is asked for.
        InternalError: convert left nothing.

    """
    if not where.original_golden.exists():
        raise errors.InternalError(
            contract.FailureReason.INTERNAL_ERROR,
            "convert left no result",
            next_step="See the log of the container convert: the model's code may have ended the process.",
        )
    dataset = evaluation = None
    if request.evaluation:
        dataset = datasets.read(where.files, request.evaluation.data.file, request.model.inputs)
        large_enough(dataset, request)
        evaluation = arrays.load(where.original_evaluation)
    return Evidence(
        request,
        dataset,
        samples.requests(request.model.inputs, dataset),
        arrays.load(where.original_golden),
        evaluation or {},
    )


def large_enough(dataset: datasets.Dataset, request: contract.BuildRequest) -> None:
    """Raise RejectedError (EvaluationTooSmall) if a lossy candidate cannot be judged on so few rows."""
    problem = gating.too_small(dataset.file, dataset.rows, request.gate)
    if problem and contract.LOSSY.intersection(request.candidates):
        raise problem


def material(where: places.Places, request: contract.BuildRequest) -> registry.Material:
    """What candidates are made from. That no calibration row is in the evaluation set was seen to before convert ran.

    Raises:
        RejectedError: CalibrationInvalid.

    """
    if request.calibration is None:
        return registry.Material(request)
    file = request.calibration.data.file
    return registry.Material(request, datasets.read_calibration(where.files, file, request.model.inputs))


def predictions(answers: modes.Answers, dataset: datasets.Dataset) -> arrays.Array:
    """The classes that anybody's answers to the evaluation set mean, (rows,): the first output is the scores."""
    return datasets.predictions(next(iter(answers.values())), dataset.labels, dataset.file)
