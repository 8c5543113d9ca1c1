"""optimize: candidates, evaluation, choice, check; leaves the artifact without its manifest.

    float graph ─► candidates ─► judged on golden requests and evaluation set ─► first that passed ─► Triton ─► artifact

publish adds the manifest, from the files that it finds here.
"""

import shutil

from model_builder import arrays, contract, datasets, errors, places, progress, samples, stepping, storage
from model_builder.optimizing import candidates, choosing, evaluating, golden, graphs, metrics, signature, triton_check
from model_builder.reporting import full


def run(where: places.Places) -> None:
    """Leave the artifact in the volume `optimized`."""
    resolution = stepping.resolution(where)
    evidence = gather(where, resolution.plan.request)
    for stale in (where.artifact, where.candidates):
        shutil.rmtree(stale, ignore_errors=True)
    judged = [consider(where, name, evidence) for name in resolution.plan.request.candidates]
    chosen = choosing.first(judged)
    answers = compose(where, chosen, evidence)
    triton = triton_check.run(where, evidence.requests, answers)
    report = contract.FullReport(
        plan_digest=resolution.plan_digest,
        chosen=chosen.report.name,
        versions=full.versions(triton),
        candidates=[candidate.report for candidate in judged],
        **baseline(evidence),
    )
    storage.write(where.artifact / "report.json", text(report))
    shutil.rmtree(where.candidates)


def gather(where: places.Places, request: contract.BuildRequest) -> evaluating.Evidence:
    """All that candidates are judged on."""
    if not where.original_golden.exists():
        raise errors.InternalError(
            contract.FailureReason.INTERNAL_ERROR,
            "convert left no result",
            next_step="See the log of the container convert: the model's code may have ended the process.",
        )
    dataset = evaluation = None
    if request.evaluation:
        dataset = datasets.read(where.files, request.evaluation.data.file, request.model.inputs)
        evaluation = arrays.load(where.original_evaluation)
    return evaluating.Evidence(
        request,
        dataset,
        samples.requests(request.model.inputs, dataset),
        arrays.load(where.original_golden),
        evaluation or {},
    )


def consider(where: places.Places, name: contract.CandidateName, evidence: evaluating.Evidence) -> evaluating.Judged:
    """Make a candidate and judge it."""
    candidate = candidates.registry.find(name)
    path = where.candidates / name / "model.onnx"
    with progress.timed(f"optimize: making the candidate {name}"):
        candidate.make(candidate.config, where.graph, path)
    with progress.timed(f"optimize: judging the candidate {name}"):
        judged = evaluating.judge(candidate, path, evidence)
    for metric, estimate in judged.report.metrics.items():
        progress.say(f"optimize: {name} {metric} {estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})")
    progress.say(f"optimize: {name} largest error {judged.report.max_error:g}, {progress.bytes_of(judged.report.size)}")
    return judged


def compose(where: places.Places, chosen: evaluating.Judged, evidence: evaluating.Evidence) -> dict[str, arrays.Array]:
    """Lay out the artifact, all but its report; the answers to the golden requests."""
    for file in graphs.files(chosen.path):
        storage.copy(file, where.artifact / "files" / file.name)
    graph = graphs.read(chosen.path)
    told = signature.of(graph, chosen.session.call, evidence.requests)
    storage.write(where.artifact / "signature.json", text(told))
    storage.write(where.artifact / "requires.json", text(signature.requires(graph)))
    answers = golden.ask(chosen.session, evidence.requests)
    golden.write(where.artifact / "golden.npz", evidence.requests, answers)
    return answers


def baseline(evidence: evaluating.Evidence) -> dict[str, object]:
    """The original model's figures, and the size of what they were measured on."""
    table = evaluating.confusion(evidence.evaluation, evidence)
    if table is None:
        return {}
    return {"baseline": metrics.estimate(table, evidence.asked), "samples": table.rows, "classes": table.classes}


def text(value: contract.Wire) -> bytes:
    """A value as a file that people read too."""
    return value.model_dump_json(indent=2).encode() + b"\n"
