"""How graphs fare on the evaluation set, alone and in company; what the baseline of a comparison is.

    original model   answered in batches of running.BATCH, in the order of the rows (convert)
         ║           the float graph must answer the same, in the very same batches: else ExportDiffers
    float graph      alone ─ full batches ─ mixed batches
         ├── all the same: the original's answers hold in any company, and are the baseline in every mode
         └── not:    a request must be served alone, so only answers given alone count. The original gave none on the
                     evaluation set, so the float graph's stand in for it: proven equal to it in batches and on the
                     golden requests. Held against answers from batches, a candidate would be blamed for the neighbours.

A candidate of a float graph that joins is tried in company too; where its own answers depend on it, it is served alone,
and judged alone.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from model_builder import arrays, contract, running
from model_builder.optimizing import evidence as evidences
from model_builder.optimizing import graphs, metrics, modes, parity, runtime, tolerances

ALONE, FULL_BATCH = contract.Mode.ALONE, contract.Mode.FULL_BATCH


@dataclasses.dataclass(frozen=True)
class Ran:
    """A graph that was asked everything."""

    path: Path
    session: runtime.Session
    #: To the golden requests, (requests, *whole output) each.
    golden: modes.Answers
    #: To the evaluation set, in each mode; empty without one.
    answers: Mapping[contract.Mode, modes.Answers]
    #: A server may join requests.
    batchable: bool

    @property
    def served(self) -> Mapping[contract.Mode, modes.Answers]:
        """The answers in the modes that it may be served in."""
        return self.answers if self.batchable else {mode: self.answers[mode] for mode in self.answers if mode == ALONE}


@dataclasses.dataclass(frozen=True)
class Reference:
    """The float graph, proven to be the original model, and the baseline of every comparison."""

    ran: Ran
    #: The original model's answers to the evaluation set, or what stands in for them; empty without one.
    baseline: modes.Answers
    #: They are the float graph's.
    stands_in: bool = False


def reference(path: Path, evidence: evidences.Evidence) -> Reference:
    """Run the float graph.

    Raises:
        RejectedError: ExportFailed; ExportDiffers, when it does not answer as the original model does.

    """
    ran = run(path, evidence, joins=True)
    parity.prove(ran.golden, evidence.golden)
    if not ran.answers:
        return Reference(ran, {})
    parity.prove(ran.answers[FULL_BATCH if evidence.batched else ALONE], evidence.evaluation)
    if evidence.batched and not ran.batchable:
        return Reference(ran, ran.answers[ALONE], stands_in=True)
    return Reference(ran, evidence.evaluation)


def run(path: Path, evidence: evidences.Evidence, *, joins: bool) -> Ran:
    """Ask a graph everything; `joins` is whether it may be batchable at all.

    Raises:
        RejectedError: the graph does not load, or does not run.

    """
    session = runtime.Session(path)
    golden = modes.named(session, running.over_requests(session.call, evidence.requests))
    answers: dict[contract.Mode, modes.Answers] = {}
    if evidence.dataset:
        answers = modes.ask(session, evidence.dataset.inputs, batched=evidence.batched)
    bounds = tolerances.least(path, golden)
    batchable = joins and leads_with_batch(path) and (not answers or modes.independent(answers, bounds))
    return Ran(path, session, golden, answers, batchable and together(session, evidence.requests, golden, bounds))


def leads_with_batch(path: Path) -> bool:
    """Has every input and output a leading batch axis?"""
    graph = graphs.read(path).graph
    return all(map(graphs.leads_with_batch, (*graph.input, *graph.output)))


def together(
    session: runtime.Session, requests: Mapping[str, arrays.Array], golden: modes.Answers, bounds: tolerances.Bounds
) -> bool:
    """Are the golden requests answered the same as one batch? All that can be tried without an evaluation set."""
    joined = session.call({name: np.concatenate(list(array)) for name, array in requests.items()})
    alone = {name: np.concatenate(list(array)) for name, array in golden.items()}
    return modes.independent({ALONE: alone, FULL_BATCH: modes.named(session, joined)}, bounds)


def estimates(ran: Ran, evidence: evidences.Evidence) -> dict[contract.Metric, contract.Estimate]:
    """The metrics, each in the worst mode that it may be served in."""
    tables = confusions(ran, evidence).values()
    found = [metrics.estimate(table, evidence.asked) for table in tables]
    return {metric: min((each[metric] for each in found), key=lambda one: one.value) for metric in evidence.asked}


def confusions(ran: Ran, evidence: evidences.Evidence) -> dict[contract.Mode, metrics.Confusion]:
    """The confusion table of each mode; none without an evaluation set."""
    if evidence.dataset is None:
        return {}
    labels = evidence.dataset.labels
    return {mode: metrics.confusion(labels, found) for mode, found in predictions(ran, evidence).items()}


def predictions(ran: Ran, evidence: evidences.Evidence) -> dict[contract.Mode, arrays.Array]:
    """The classes answered in each mode that it may be served in, (rows,); none without an evaluation set."""
    if evidence.dataset is None:
        return {}
    return {mode: evidences.predictions(answers, evidence.dataset) for mode, answers in ran.served.items()}


def largest_error(ran: Ran, original: Reference, evidence: evidences.Evidence) -> float:
    """From the original model, of any output in any mode, to two digits: further ones depend on the threads."""
    compared = [(ran.golden, evidence.golden), *((answers, original.baseline) for answers in ran.served.values())]
    found = [parity.error(answers[name], right) for answers, expected in compared for name, right in expected.items()]
    return float(f"{max(found):.1e}")
