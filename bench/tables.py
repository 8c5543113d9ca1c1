"""The tables of the page."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

from bench import contestants, figures, rounds, settling

Rounds = Mapping[contestants.Kind, Sequence[rounds.Sample]]


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure of the table of contestants."""

    title: str
    figure: figures.Figure
    digits: int = 1


ROWS = (
    Row("writes, a resource", figures.writes),
    Row("of these, statuses", figures.statuses),
    Row("Kubernetes Events, a resource (not among the writes)", figures.events),
    Row("CPU, ms a resource", figures.milliseconds),
    Row("resident memory at the end, MiB", figures.memory, 0),
    Row("added latency p50, ms", figures.latency(0.5), 0),
    Row("added latency p99, ms", figures.latency(0.99), 0),
    Row("until the last is Ready, s", figures.duration),
)
#: Those that ours is divided by.
OTHERS = (contestants.RAW, *contestants.KOPF)


def compared(all_: Rounds) -> str:
    """The contestants side by side."""
    kinds = list(all_)
    number, count = len(all_[contestants.OURS]), all_[contestants.OURS][0].count
    heads = [kind.title for kind in kinds] + [f"ours / {other.title}" for other in OTHERS]
    lines = [
        f"## Side by side: {count} ModelDeployments at once, {number} rounds",
        "",
        "Median of the rounds (least-greatest); in each round every contestant comes once, the first in turn.",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for row in ROWS:
        cells = [figures.measured(all_[kind], row.figure).text(row.digits) for kind in kinds]
        ratios = [_ratio(all_, other, row) for other in OTHERS]
        lines.append(f"| {row.title} | {' | '.join([*cells, *ratios])} |")
    return "\n".join(lines) + "\n"


def _ratio(all_: Rounds, other: contestants.Kind, row: Row) -> str:
    if not figures.measured(all_[other], row.figure).median:
        return "-"
    return f"{figures.ratio(all_[contestants.OURS], all_[other], row.figure).median:.2f}"


def told(all_: Rounds) -> str:
    """Every kind of write, a resource, of each."""
    kinds = list(all_)
    sums = {kind: sum((sample.writes.kinds for sample in all_[kind]), collections.Counter()) for kind in kinds}
    counts = {kind: sum(sample.count for sample in all_[kind]) for kind in kinds}
    lines = ["### What was written, a resource", "", f"| | {' | '.join(kind.title for kind in kinds)} |"]
    lines.append(f"|---|{'---|' * len(kinds)}")
    for what in sorted({line.partition(" ")[2] for one in sums.values() for line in one}):
        found = [sum(n for line, n in sums[kind].items() if line.partition(" ")[2] == what) for kind in kinds]
        shares = [f"{n / counts[kind]:.2f}" for n, kind in zip(found, kinds, strict=True)]
        lines.append(f"| {what} | {' | '.join(shares)} |")
    refused = [f"{sum(s.writes.refused for s in all_[kind]) / counts[kind]:.2f}" for kind in kinds]
    lines.append(f"| refused, of all of these | {' | '.join(refused)} |")
    return "\n".join(lines) + "\n"


def masses(all_: Sequence[settling.Mass]) -> str:
    """Many at once."""
    if not all_:
        return ""
    head = "| ModelDeployments | builds | until the last is Ready | CPU, a resource | writes, a resource | RSS |"
    lines = ["## Many at once, ours alone", "", head, "|---|---|---|---|---|---|"]
    for one in all_:
        each = one.count or 1
        cells = f"{one.seconds:.0f} s | {1000 * one.cpu / each:.0f} ms | {one.writes.total / each:.1f}"
        builds = "one a namespace" if one.shared else "one each"
        lines.append(f"| {one.count} | {builds} | {cells} | {one.resident / 1e6:.0f} MB |")
    return "\n".join([*lines, "", f"At most {settling.PER_NAMESPACE} in a namespace. n = 1 a row.", ""])


def restarts(all_: Sequence[settling.Restart]) -> str:
    """A restart, and every write of it."""
    if not all_:
        return ""
    head = "| settled | leads and handles after | all looked at after | CPU | writes | RSS |"
    lines = ["## Restart among settled ones", "", head, "|---|---|---|---|---|---|"]
    for one in all_:
        wrote = one.writes.total + one.writes.events
        cells = f"{one.seconds:.1f} s | {one.looked:.1f} s | {one.cpu:.1f} s | {wrote} | {one.resident / 1e6:.0f} MB"
        lines.append(f"| {one.count} | {cells} |")
    known = ", ".join(sorted({f"{kind} {number}" for one in all_ for kind, number in one.writes.kinds.items()}))
    about = f"From the start of the process, {settling.CALM:.0f} s of quiet included in CPU. n = 1 a row."
    return "\n".join([*lines, "", about, *([f"Written: {known}."] if known else []), ""])
