"""One rung of the ladder: make a candidate, prove its claim, hold it against the gate, measure it."""

import dataclasses
import filecmp
from pathlib import Path

from model_builder import contract, errors, places, progress
from model_builder.optimizing import (
    candidates,
    claims,
    evaluating,
    evidence,
    gating,
    graphs,
    measuring,
    tensors,
    wording,
)
from model_builder.optimizing.candidates import registry

Verdict = contract.Verdict
UNPROVEN = "nothing can be proven of it without an evaluation set"
SAME = "it is the float graph, which answers as the original model does"


@dataclasses.dataclass(frozen=True)
class Case:
    """What all candidates of a build are judged with."""

    where: places.Places
    evidence: evidence.Evidence
    reference: evaluating.Reference
    material: registry.Material


@dataclasses.dataclass(frozen=True)
class Judged:
    """A candidate's figures, and its graph where it was run."""

    report: contract.CandidateReport
    ran: evaluating.Ran | None = None

    @property
    def passed(self) -> bool:
        """May it become the artifact?"""
        return self.report.verdict == Verdict.PASSED

    @property
    def answered(self) -> evaluating.Ran:
        """The graph of a candidate that passed. Raises ValueError for one that was refused."""
        if self.ran is None:
            message = f"{self.report.name} was refused, so there is no graph of it"
            raise ValueError(message)
        return self.ran


def judge(name: contract.CandidateName, case: Case) -> Judged:
    """Everything about one candidate, said in the log too."""
    with progress.timed(f"optimize: {name}"):
        judged = tried(candidates.registry.find(name), case)
    tell(judged.report, case)
    return judged


def tried(candidate: registry.Candidate, case: Case) -> Judged:
    """Make, prove, run, judge; refused where one of them cannot be done.

    Raises:
        RejectedError: the float graph itself does not load or run.

    """
    path = case.where.candidates / candidate.name / "model.onnx"
    try:
        candidate.make(candidate.config.of(case.material), case.where.graph, path)
    except registry.RefusedError as error:
        return refused(candidate, str(error))
    unproven = claims.prove(candidate.claim, path, case.evidence.request)
    if unproven:
        return refused(candidate, unproven, path)
    try:
        ran = run(path, case)
    except errors.RejectedError as error:
        if candidate.claim == registry.Claim.NOTHING:
            raise
        return refused(candidate, error.failure.message, path)
    return Judged(report(candidate, ran, case), ran)


def run(path: Path, case: Case) -> evaluating.Ran:
    """The candidate's answers: those of the float graph, which was asked already, where it is that file."""
    float_graph = case.reference.ran
    if same(graphs.files(path), graphs.files(float_graph.path)):
        return dataclasses.replace(float_graph, path=path)
    return evaluating.run(path, case.evidence, joins=float_graph.batchable)


def same(files: list[Path], others: list[Path]) -> bool:
    """Have they the same names and bytes?"""
    if [file.name for file in files] != [other.name for other in others]:
        return False
    return all(filecmp.cmp(file, other, shallow=False) for file, other in zip(files, others, strict=True))


def refused(candidate: registry.Candidate, words: str, path: Path | None = None) -> Judged:
    """It cannot be made, or does not run, or is not what it claims to be."""
    made = described(path) if path else {}
    return Judged(contract.CandidateReport(name=candidate.name, verdict=Verdict.REFUSED, message=words, **made))


def described(path: Path) -> dict[str, object]:
    """What the file alone says."""
    precision = graphs.precision(graphs.read(path))
    return {"precision": precision, "size": graphs.size(path), "tensors": tensors.digest(path)}


def report(candidate: registry.Candidate, ran: evaluating.Ran, case: Case) -> contract.CandidateReport:
    """All figures of a graph that runs."""
    is_float = candidate.claim == registry.Claim.NOTHING
    gate = proven(gated(ran, case)) if is_float else gated(ran, case)
    return contract.CandidateReport(
        name=candidate.name,
        verdict=gate.verdict,
        message=gate.words,
        metrics=evaluating.estimates(ran, case.evidence),
        drops=gate.drops,
        max_error=evaluating.largest_error(ran, case.reference, case.evidence),
        speed=None if is_float else speed(ran, case),
        **described(ran.path),
    )


def gated(ran: evaluating.Ran, case: Case) -> gating.Judgement:
    """What the gate says."""
    dataset = case.evidence.dataset
    if dataset is None:
        return gating.Judgement(Verdict.REFUSED, UNPROVEN, {})
    return gating.judge(
        dataset.labels,
        evidence.predictions(case.reference.baseline, dataset),
        evaluating.predictions(ran, case.evidence),
        case.evidence.request.gate,
        case.evidence.asked,
    )


def proven(gate: gating.Judgement) -> gating.Judgement:
    """The float graph passes, whatever its figures: they are the model's own, in another runtime."""
    words = f"{SAME}; {gate.words}" if gate.drops else SAME
    return gating.Judgement(Verdict.PASSED, words, gate.drops)


def speed(ran: evaluating.Ran, case: Case) -> contract.Speed | None:
    """Against the float graph, if this machine is one of those that the artifact is for."""
    if not measuring.here(case.evidence.request.target):
        return None
    feed = {name: array[0] for name, array in case.evidence.requests.items()}
    return measuring.speed(ran.session.call, case.reference.ran.session.call, feed)


def tell(report: contract.CandidateReport, case: Case) -> None:
    """The rung, for whoever reads the log."""
    for metric, estimate in report.metrics.items():
        progress.say(f"optimize:   {metric} {estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})")
    if report.size:
        share = report.size / graphs.size(case.where.graph)
        progress.say(f"optimize:   {report.precision}, {progress.bytes_of(report.size)}, {share:.2f} x the float graph")
    if report.speed:
        progress.say(f"optimize:   {wording.speed(report.speed)}")
    progress.say(f"optimize: {report.name} {report.verdict}: {report.message}")
