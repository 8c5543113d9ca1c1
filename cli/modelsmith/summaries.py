"""A report in a dozen lines of text, in the words of the columns that kubectl shows."""

import textwrap
from collections.abc import Iterator

from model_builder import contract

WIDTH = 100
INDENT = " " * 10


def of(report: contract.FullReport) -> str:
    """The ladder, then accuracy, delta, size and speed-up of what serves."""
    chosen = next(candidate for candidate in report.candidates if candidate.name == report.chosen)
    judged = f"{len(report.candidates)} candidate{'' if len(report.candidates) == 1 else 's'} judged"
    lines = [
        f"{chosen.precision or chosen.name} serves: {chosen.name} {chosen.verdict}, {judged}",
        "",
        *ladder(report),
        "",
        *(line(name, text) for name, text in figures(report, chosen)),
    ]
    return "".join(f"{text}\n" for text in lines)


def ladder(report: contract.FullReport) -> Iterator[str]:
    """A line for each candidate, and its message below."""
    for number, candidate in enumerate(report.candidates, 1):
        yield f"{number}. {candidate.name}: {candidate.verdict}"
        yield from textwrap.wrap(printable(candidate.message), WIDTH, initial_indent="   ", subsequent_indent="   ")


def figures(report: contract.FullReport, chosen: contract.CandidateReport) -> Iterator[tuple[str, str]]:
    """Name and text of each figure; accuracy stands for the others, which the page shows."""
    metric = next(iter(sorted(chosen.metrics, key=lambda name: name != contract.Metric.ACCURACY)), None)
    if metric is None:
        yield "accuracy", "not measured: no evaluation set was named"
    else:
        original = f", the original {report.baseline[metric].value:.3f}" if metric in report.baseline else ""
        yield metric, f"{interval(chosen.metrics[metric], 3)} of {report.samples} samples{original}"
    if metric in chosen.drops:
        yield "delta", delta(chosen.drops[metric])
    yield "size", size(chosen, report.float_size)
    yield "speed-up", speedup(chosen)


def delta(drop: contract.Drop) -> str:
    """In points and with the sign of the column: negative is worse."""
    allowed = "" if drop.limit is None else f", at most {signed(-drop.limit)} allowed"
    return f"{signed(-drop.value)}{allowed} (samples worse: {drop.worse}, better: {drop.better})"


def signed(part: float) -> str:
    """A part of 1 in points: -0.2 pt."""
    return f"{round(100 * part, 2) + 0.0:g} pt"  # + 0.0: no minus zero


def size(chosen: contract.CandidateReport, float_size: int) -> str:
    """Beside the float graph's."""
    if chosen.name == contract.CandidateName.NONE or not float_size:
        return f"{kilobytes(chosen.size)}, the float graph itself"
    return f"{kilobytes(chosen.size)}, {chosen.size / float_size:.0%} of the float graph's {kilobytes(float_size)}"


def speedup(chosen: contract.CandidateReport) -> str:
    """Against the float graph, with the machine that it was measured on."""
    if chosen.speed is None:
        itself = chosen.name == contract.CandidateName.NONE
        return "none: it is the float graph itself" if itself else "not measured on the target"
    return f"{interval(chosen.speed.ratio, 2, 'x')}, {chosen.speed.rounds} rounds on {printable(chosen.speed.cpu)}"


def interval(estimate: contract.Estimate, digits: int, unit: str = "") -> str:
    """`0.991 (0.977 to 0.997)`; the interval is of 95 %."""
    return f"{estimate.value:.{digits}f}{unit} ({estimate.low:.{digits}f} to {estimate.high:.{digits}f})"


def kilobytes(count: int) -> str:
    """Bytes as registries count them."""
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"  # noqa: PLR2004 - a million


def line(name: str, text: str) -> str:
    """A figure beside its name."""
    return f"{name:<{len(INDENT)}}{text}"


def printable(text: str) -> str:
    """A report may be a stranger's: what would steer the terminal is left out."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
