"""Why a step failed, in the words of its termination message or, where it left none, of its log."""

from pathlib import Path

import pydantic

from model_builder import contract
from modelsmith import errors
from modelsmith.local import families, servers

#: Reasons behind which the details stand in a log alone.
UNCLEAR = (contract.FailureReason.INTERNAL_ERROR,)


def read(last_words: Path) -> contract.Report | None:
    """A step's termination message; None where there is none, or none that can be read: convert runs foreign code."""
    try:
        return contract.Report.model_validate_json(last_words.read_bytes())
    except (OSError, pydantic.ValidationError):
        return None


def of(step: contract.Step, code: int, report: contract.Report | None, log: Path) -> errors.SaidError:
    """What happened, to what, and what to do next."""
    if report is None or report.failure is None:
        return errors.SaidError(
            f"{step} {families.ended(code)} and left no report. Its last lines:\n{servers.tail(log)}"
        )
    failure = report.failure
    about = f" ({failure.field})" if failure.field else ""
    lines = [
        f"{step} failed: {failure.reason}{about}: {failure.message}",
        *(f"  {rung.candidate}: {rung.verdict}: {rung.message}" for rung in report.candidates),
        *([failure.next_step] if failure.next_step else []),
        *(["Its last lines:", servers.tail(log)] if failure.reason in UNCLEAR else []),
    ]
    return errors.SaidError("\n".join(lines))
