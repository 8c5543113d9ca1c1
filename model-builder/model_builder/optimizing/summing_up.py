"""report.json: all that is known of a build, put together."""

from collections.abc import Sequence

import numpy as np

from model_builder import contract
from model_builder.optimizing import evaluating, evidence, graphs, judging, measuring, metrics, tolerances, triton_check
from model_builder.reporting import full

NEIGHBOURS = "Answers depend on the other samples of a batch, so the server will not join requests."
STAND_IN = (
    "The baseline is the float graph, asked one sample at a time: the original model was asked in batches, "
    "where its answers depend on the neighbours."
)
UNDER_LOAD = "What a server can take is only partly known: {failure}."
ELSEWHERE = "Speed is not measured: the build did not run on the target, {target}."


def report(
    plan: contract.Plan,
    plan_digest: contract.Digest,
    case: judging.Case,
    tried: Sequence[judging.Judged],
    tolerance: tolerances.Bounds,
    server: triton_check.Checked | None,
) -> contract.FullReport:
    """All of it."""
    ran, known = tried[-1].answered, case.evidence
    return contract.FullReport(
        plan_digest=plan_digest,
        target=plan.request.target,
        float_size=graphs.size(case.where.graph),
        batchable=ran.batchable,
        notes=notes(case, ran, server),
        chosen=tried[-1].report.name,
        candidates=[judged.report for judged in tried],
        baseline=baseline(case),
        confusion=cells(ran, known),
        tolerance=tolerance,
        server=server.latency if server else None,
        capacity=server.capacity if server else None,
        loads=list(server.load.tried) if server else [],
        recipe=full.recipe(plan.request),
        files=plan.files,
        samples=known.dataset.rows if known.dataset else 0,
        classes=len(np.unique(known.dataset.labels)) if known.dataset else 0,
        versions=full.versions(server.version if server else None),
    )


def notes(case: judging.Case, ran: evaluating.Ran, server: triton_check.Checked | None) -> list[str]:
    """What a person should know besides."""
    target = case.evidence.request.target
    found = []
    if case.evidence.batched and not ran.batchable:
        found.append(NEIGHBOURS)
    if case.evidence.dataset and case.reference.stands_in:
        found.append(STAND_IN)
    if not measuring.here(target):
        found.append(ELSEWHERE.format(target="a GPU" if target.gpu else f"a CPU with {target.cpu}"))
    if server and server.load.failure:
        found.append(UNDER_LOAD.format(failure=server.load.failure))
    return found


def baseline(case: judging.Case) -> dict[contract.Metric, contract.Estimate]:
    """The original model's figures."""
    dataset = case.evidence.dataset
    if dataset is None:
        return {}
    predicted = evidence.predictions(case.reference.baseline, dataset)
    return metrics.estimate(metrics.confusion(dataset.labels, predicted), case.evidence.asked)


def cells(ran: evaluating.Ran, known: evidence.Evidence) -> list[contract.ConfusionCell]:
    """The confusion table of the artifact, in the mode in which fewest answers are right."""
    tables = evaluating.confusions(ran, known).values()
    worst = min(tables, key=lambda table: table.right, default=None)
    if worst is None:
        return []
    rows = zip(worst.truth.tolist(), worst.predicted.tolist(), worst.counts.tolist(), strict=True)
    return [contract.ConfusionCell(truth=truth, predicted=predicted, count=count) for truth, predicted, count in rows]
