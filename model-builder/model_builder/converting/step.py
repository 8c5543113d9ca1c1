"""convert: load the model, note what it answers, export it.

    files ─► module ─► original outputs          on the golden requests and the evaluation set
                └────► model.onnx                float, dynamic batch

The order is that of cost: what is wrong with a file shows in a second, before torch is there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from model_builder import arrays, contract, datasets, places, progress, running, samples, stepping

if TYPE_CHECKING:
    from model_builder.converting import original


def run(where: places.Places) -> None:
    """Leave the graph and the original model's outputs in the volume `converted`."""
    request = stepping.resolution(where).plan.request
    dataset = read(where, request)
    with progress.timed("convert: importing torch"):
        from model_builder.converting import capturing, loading, original
    with progress.timed(f"convert: loading {request.model.weights} into {request.model.architecture.factory}"):
        module = loading.load(request.model, where.files)
    requests = samples.requests(request.model.inputs, dataset)
    with progress.timed("convert: running the original model"):
        model = original.Original(module, request.model, requests, where.files)
        note(where, model, requests, dataset)
    with progress.timed("convert: exporting to ONNX"):
        capturing.export(model, where.graph)
    progress.say(f"convert: {where.graph.name} {progress.bytes_of(where.graph.stat().st_size)}")


def read(where: places.Places, request: contract.BuildRequest) -> datasets.Dataset | None:
    """The evaluation set; the calibration set is checked too, though only optimize uses it.

    Raises:
        RejectedError: EvaluationInvalid, CalibrationInvalid, DataOverlap.

    """
    dataset = None
    if request.evaluation:
        dataset = datasets.read(where.files, request.evaluation.data.file, request.model.inputs)
    if request.calibration:
        file = request.calibration.data.file
        rows = datasets.read_calibration(where.files, file, request.model.inputs)
        if dataset:
            datasets.check_overlap(file, rows, dataset.file, dataset.inputs)
    return dataset


def note(
    where: places.Places,
    model: "original.Original",
    requests: Mapping[str, arrays.Array],
    dataset: datasets.Dataset | None,
) -> None:
    """Write down what the original model answers."""
    answers = running.over_requests(model.call, requests)
    arrays.save(where.original_golden, dict(zip(model.outputs, answers, strict=True)))
    if dataset is None:
        return
    answers = running.over_rows(model.call, dataset.inputs, batched=model.batched)
    datasets.predictions(answers[0], dataset.labels, dataset.file)
    arrays.save(where.original_evaluation, dict(zip(model.outputs, answers, strict=True)))
