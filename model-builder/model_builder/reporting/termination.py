"""The short report: one line of JSON that fits a container's termination message."""

from pathlib import Path

from model_builder import contract, progress

ELLIPSIS = "…"


def write(path: Path, report: contract.Report) -> None:
    """Leave the report where Kubernetes looks for a container's last words; elsewhere the log must do."""
    try:
        path.write_bytes(line(report))
    except OSError as error:
        progress.say(f"{report.step}: no termination message: {error}")


def line(report: contract.Report) -> bytes:
    """The report as JSON of at most TERMINATION_MESSAGE_LIMIT bytes; long words of a failure lose their end."""
    whole = encode(report)
    if len(whole) <= contract.TERMINATION_MESSAGE_LIMIT or report.failure is None:
        return whole
    failure, shortened = report.failure, whole
    kept = contract.TERMINATION_MESSAGE_LIMIT
    while len(shortened) > contract.TERMINATION_MESSAGE_LIMIT:
        kept = kept * 9 // 10
        shortened = encode(report.model_copy(update={"failure": shorter(failure, kept)}))
    return shortened


def shorter(failure: contract.Failure, kept: int) -> contract.Failure:
    """The same failure with at most `kept` characters of message, a quarter of that for the rest."""
    words = {
        "message": cut(failure.message, kept),
        "field": cut(failure.field, kept // 4),
        "next_step": cut(failure.next_step, kept // 4),
    }
    return failure.model_copy(update=words)


def cut(text: str, kept: int) -> str:
    """The beginning of a text, marked where it was cut."""
    return text if len(text) <= kept else text[: max(kept - 1, 0)] + ELLIPSIS


def encode(report: contract.Report) -> bytes:
    """One line; what is not set is left out."""
    return report.model_dump_json(exclude_defaults=True).encode()
