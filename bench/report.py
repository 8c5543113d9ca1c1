"""docs/benchmarks.md: what was measured, on what machine, and whether it is what was promised."""

import collections
import dataclasses
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import contestants, figures, planes, rounds, settling
from cluster import pins

#: Least number of ModelDeployments that the promises about many and about a restart speak of.
MANY, SETTLED = 1000, 5000
Rounds = Mapping[contestants.Kind, Sequence[rounds.Sample]]


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything of one run; what was not asked for is empty."""

    compared: Rounds
    masses: Sequence[settling.Mass] = ()
    restarts: Sequence[settling.Restart] = ()


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


def text(results: Results) -> str:
    """The whole page."""
    parts = [_TITLE, machine(), promises(results), compared(results.compared)]
    parts += [told(results.compared), masses(results.masses), restarts(results.restarts), what()]
    return "\n".join(filter(None, parts))


def machine() -> str:
    """What it ran on."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    memory = int(fields["MemTotal"].split()[0]) / 2**20
    models = {line.split(":", 1)[1].strip() for line in _cpus() if line.startswith("model name")}
    names = " and ".join(sorted(models)) or platform.machine()
    kernel = ".".join(platform.release().split(".")[:2])
    return (
        f"Machine: {os.cpu_count()} cores ({names}), {memory:.0f} GiB, Linux {kernel}, "
        f"Python {platform.python_version()}, Kubernetes {pins.KUBERNETES_VERSION}. The cluster's own parts and "
        "the one who creates run on the same cores.\n"
    )


def what() -> str:
    """What each of them does, and how it is measured: `what.md`."""
    return Path(__file__).with_name("what.md").read_text().replace("SECONDS", f"{planes.STEP_SECONDS:g}")


def _cpus() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def promises(results: Results) -> str:
    """What was promised, and whether it is so. A ratio's median decides."""
    lines = ["## Promised and measured", "", "| promised | measured | |", "|---|---|---|"]
    lines += [f"| {what} | {got} | {'met' if met else '**not met**'} |" for what, got, met in _judged(results)]
    return "\n".join(lines) + "\n"


def _judged(results: Results) -> list[tuple[str, str, bool]]:
    ours = results.compared[contestants.OURS]
    found = [
        _at_most("writes <= 1.15 x L", results.compared, contestants.RAW, figures.writes, 1.15),
        _at_most("writes <= 0.5 x K", results.compared, contestants.IDIOMATIC, figures.writes, 0.5),
        _at_most("CPU <= 4 x L", results.compared, contestants.RAW, figures.milliseconds, 4),
        _at_most("CPU <= 0.5 x K", results.compared, contestants.IDIOMATIC, figures.milliseconds, 0.5),
    ]
    late = figures.measured(ours, figures.latency(0.99))
    active = min(sample.count for sample in ours)
    found.append((f"added latency p99 <= 250 ms (at {active} active)", f"{late.text(0)} ms", late.median <= 250))  # noqa: PLR2004
    found += [
        (f"{MANY} ModelDeployments all Ready", f"{mass.count} in {mass.seconds:.0f} s", mass.count >= MANY)
        for mass in results.masses
    ]
    for one in results.restarts:
        enough, resident = one.count >= SETTLED, one.resident / 1e6
        about = f"restart with {one.count} settled"
        found += [
            (f"{about}: <= 15 s", f"{one.seconds:.1f} s", enough and one.seconds <= 15),  # noqa: PLR2004
            (f"{about}: 0 writes", str(one.writes.total + one.writes.events), enough and not one.writes.total),
            (f"{about}: RSS <= 260 MB", f"{resident:.0f} MB", enough and resident <= 260),  # noqa: PLR2004
        ]
    return found


def _at_most(
    what: str, all_: Rounds, other: contestants.Kind, figure: figures.Figure, limit: float
) -> tuple[str, str, bool]:
    ratio = figures.ratio(all_[contestants.OURS], all_[other], figure)
    return what, f"{ratio.text(2)} x", ratio.median <= limit


def compared(all_: Rounds) -> str:
    """The contestants side by side."""
    kinds = list(all_)
    number, count = len(all_[contestants.OURS]), all_[contestants.OURS][0].count
    lines = [
        f"## Side by side: {count} ModelDeployments at once, {number} rounds",
        "",
        "Median of the rounds (least-greatest); in each round every contestant comes once, the first in turn.",
        "",
        f"| | {' | '.join(kind.title for kind in kinds)} | ours / L | ours / K |",
        f"|---|{'---|' * (len(kinds) + 2)}",
    ]
    for row in ROWS:
        cells = [figures.measured(all_[kind], row.figure).text(row.digits) for kind in kinds]
        ratios = [_ratio(all_, other, row) for other in (contestants.RAW, contestants.IDIOMATIC)]
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
    """A restart."""
    if not all_:
        return ""
    lines = [
        "## Restart among settled ones",
        "",
        "| settled | leads and handles after | all looked at after | CPU | writes | RSS |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for one in all_:
        wrote = one.writes.total + one.writes.events
        cells = f"{one.seconds:.1f} s | {one.looked:.1f} s | {one.cpu:.1f} s | {wrote} | {one.resident / 1e6:.0f} MB"
        lines.append(f"| {one.count} | {cells} |")
    return "\n".join(
        [*lines, "", f"From the start of the process, {settling.CALM:.0f} s of quiet included in CPU.", ""]
    )


_TITLE = """# Benchmarks

Written by `make bench`; not by hand. Nothing here is asserted in a test: a laden machine must not turn a test red.
"""
