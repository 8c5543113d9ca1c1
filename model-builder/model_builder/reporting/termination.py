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
    """The report as JSON of at most TERMINATION_MESSAGE_LIMIT bytes; long words lose their end."""
    shortened, kept = encode(report), contract.TERMINATION_MESSAGE_LIMIT
    while len(shortened) > contract.TERMINATION_MESSAGE_LIMIT and kept:
        kept = kept * 9 // 10
        shortened = encode(shorter(report, kept))
    return shortened


def shorter(report: contract.Report, kept: int) -> contract.Report:
    """The same report with at most `kept` characters of each message, a quarter of that for the rest."""
    changes: dict[str, object] = {
        "candidates": [rung.model_copy(update={"message": cut(rung.message, kept)}) for rung in report.candidates],
        "notes": [cut(note, kept) for note in report.notes],
    }
    if report.failure:
        words = {
            "message": cut(report.failure.message, kept),
            "field": cut(report.failure.field, kept // 4),
            "next_step": cut(report.failure.next_step, kept // 4),
        }
        changes["failure"] = report.failure.model_copy(update=words)
    return report.model_copy(update=changes)


def cut(text: str, kept: int) -> str:
    """The beginning of a text, marked where it was cut."""
    return text if len(text) <= kept else text[: max(kept - 1, 0)] + ELLIPSIS


def encode(report: contract.Report) -> bytes:
    """One line; what is not set is left out."""
    return report.model_dump_json(exclude_defaults=True).encode()
