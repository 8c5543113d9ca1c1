"""The chosen candidate as an artifact: files, signature, requirements, golden samples, distribution; no report yet."""

from collections.abc import Mapping

import numpy as np

from model_builder import arrays, contract, places, progress, storage
from model_builder.optimizing import distributions, evaluating, evidence, golden, graphs, signature, tolerances


def write(
    where: places.Places, chosen: contract.CandidateName, ran: evaluating.Ran, evidence: evidence.Evidence
) -> tolerances.Bounds:
    """Lay out all but the report; how far answers may be from the golden ones."""
    for file in graphs.files(ran.path):
        storage.copy(file, where.artifact / "files" / file.name)
    graph = graphs.read(ran.path)
    told = signature.of(graph, batchable=ran.batchable)
    needs = signature.requires(graph, chosen, evidence.request.target)
    storage.write(where.artifact / "signature.json", text(told))
    storage.write(where.artifact / "requires.json", text(needs))
    with progress.timed("optimize: measuring how far right answers are apart"):
        tolerance = measured(ran, evidence)
    golden.write(where.artifact / "golden.npz", evidence.requests, ran.golden, tolerance)
    if spread := distributions.of(ran.answers.get(contract.Mode.ALONE, {})):
        storage.write(where.artifact / "distribution.json", text(spread))
    return tolerance


def measured(ran: evaluating.Ran, evidence: evidence.Evidence) -> tolerances.Bounds:
    """On the golden requests, and as many rows of the evaluation set as `tolerances` takes."""
    requests, golden = evidence.requests, ran.golden
    rows, expected = (joined(requests), joined(golden)) if evidence.batched else (requests, golden)
    if evidence.dataset:
        more, alone = evidence.dataset.inputs, ran.answers[contract.Mode.ALONE]
        taken = tolerances.spread(evidence.dataset.rows)
        rows = {name: np.concatenate([array, more[name][taken]]) for name, array in rows.items()}
        expected = {name: np.concatenate([array, alone[name][taken]]) for name, array in expected.items()}
    return tolerances.measure(ran.path, rows, expected, batched=evidence.batched, batchable=ran.batchable)


def joined(requests: Mapping[str, arrays.Array]) -> dict[str, arrays.Array]:
    """(requests, 1, *row) as (requests, *row)."""
    return {name: np.concatenate(list(array)) for name, array in requests.items()}


def text(value: contract.Wire) -> bytes:
    """A value as a file that people read too."""
    return value.model_dump_json(indent=2).encode() + b"\n"
