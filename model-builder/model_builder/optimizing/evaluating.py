"""How a candidate fares: right on what the original model answered, and good on the evaluation set."""

import dataclasses
from pathlib import Path

from model_builder import arrays, contract, datasets, running
from model_builder.optimizing import graphs, metrics, parity, runtime
from model_builder.optimizing.candidates import registry

Answers = dict[str, arrays.Array]


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What candidates are judged on."""

    request: contract.BuildRequest
    dataset: datasets.Dataset | None
    #: Input name -> (requests, *shape of one).
    requests: dict[str, arrays.Array]
    #: The original model's outputs, (requests, ...) and (rows, ...) each.
    golden: Answers
    evaluation: Answers

    @property
    def asked(self) -> list[contract.Metric]:
        """Which metrics to compute."""
        return list(self.request.evaluation.metrics) if self.request.evaluation else []


@dataclasses.dataclass(frozen=True)
class Judged:
    """A candidate with its graph and its figures."""

    path: Path
    session: runtime.Session
    report: contract.CandidateReport
    passed: bool


def judge(candidate: registry.Candidate, path: Path, evidence: Evidence) -> Judged:
    """Run the candidate's graph on everything, once.

    Raises:
        RejectedError: ExportDiffers, when it claims to be the float graph and does not answer as the model does.

    """
    session = runtime.Session(path)
    golden = dict(zip(session.outputs, running.over_requests(session.call, evidence.requests), strict=True))
    evaluation = on_evaluation_set(session, evidence)
    compared = [(golden, evidence.golden), (evaluation, evidence.evaluation)]
    if candidate.claim == registry.Claim.NOTHING:
        for answers, expected in compared:
            parity.prove(answers, expected)
    report = contract.CandidateReport(
        name=candidate.name,
        precision=graphs.precision(graphs.read(path)),
        size=graphs.size(path),
        metrics=measure(evaluation, evidence),
        max_error=worst(compared),
    )
    return Judged(path, session, report, passed=True)


def on_evaluation_set(session: runtime.Session, evidence: Evidence) -> Answers:
    """Output name -> (rows, *output); nothing without an evaluation set."""
    if evidence.dataset is None:
        return {}
    batched = datasets.has_batch(evidence.request.model.inputs)
    answers = running.over_rows(session.call, evidence.dataset.inputs, batched=batched)
    return dict(zip(session.outputs, answers, strict=True))


def measure(answers: Answers, evidence: Evidence) -> dict[contract.Metric, contract.Estimate]:
    """The metrics of anybody's answers on the evaluation set, of which the first output is the scores."""
    table = confusion(answers, evidence)
    return metrics.estimate(table, evidence.asked) if table else {}


def confusion(answers: Answers, evidence: Evidence) -> metrics.Confusion | None:
    """The confusion table, where there is an evaluation set."""
    if evidence.dataset is None:
        return None
    scores = next(iter(answers.values()))
    labels = evidence.dataset.labels
    return metrics.confusion(labels, datasets.predictions(scores, labels, evidence.dataset.file))


def worst(compared: list[tuple[Answers, Answers]]) -> float:
    """The largest error of any output, to two digits: further ones depend on the number of threads."""
    found = [parity.error(answers[name], right) for answers, expected in compared for name, right in expected.items()]
    return float(f"{max(found):.1e}")
