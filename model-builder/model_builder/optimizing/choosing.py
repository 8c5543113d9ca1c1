"""The ladder: candidates in the order asked, until one passes."""

from collections.abc import Callable, Iterable

from model_builder import contract, errors
from model_builder.optimizing import judging

NEXT_STEP = (
    "Append none to spec.build.candidates to serve the float model in that case, or allow more with "
    "spec.build.gate.maxDrop, or calibrate on more samples that are like what clients send."
)


def first(
    names: Iterable[contract.CandidateName], judge: Callable[[contract.CandidateName], judging.Judged]
) -> list[judging.Judged]:
    """All that were tried, of which the last passed: what comes after it is not even made.

    Raises:
        GateFailedError: none passed; it carries the rungs.

    """
    tried: list[judging.Judged] = []
    for name in names:
        tried.append(judge(name))
        if tried[-1].passed:
            return tried
    raise nothing_passed([judged.report for judged in tried])


def nothing_passed(reports: list[contract.CandidateReport]) -> errors.GateFailedError:
    """Each candidate, its verdict, its numbers."""
    words = ". ".join(f"{report.name} {report.verdict}: {report.message}" for report in reports)
    return errors.GateFailedError(
        contract.FailureReason.GATE_FAILED,
        f"no candidate keeps what the gate asks. {words}",
        field="spec.build.candidates",
        next_step=NEXT_STEP,
        candidates=[rung(report) for report in reports],
    )


def rung(report: contract.CandidateReport) -> contract.Rung:
    """The short form of a candidate's report."""
    return contract.Rung(candidate=report.name, verdict=report.verdict, message=report.message)
