"""What was promised, and whether it is so."""

from collections.abc import Iterator, Mapping, Sequence

from bench import contestants, figures, keeping, rounds, settling

#: Least number of ModelDeployments that the promises about many, about a restart and about latency speak of.
MANY, SETTLED, ACTIVE = 1000, 5000, 100
Rounds = Mapping[contestants.Kind, Sequence[rounds.Sample]]
#: None: so few were tried that it shows nothing.
Verdict = tuple[str, str, bool | None]
_SAID = {True: "met", False: "**not met**", None: "not shown: too few"}


def promises(compared: Rounds, results: keeping.Results) -> str:
    """The table. A ratio's median decides."""
    found = [*_ratios(compared), *_latency(compared), *_many(results.masses), *_restarts(results.restarts)]
    lines = ["## Promised and measured", "", "| promised | measured | |", "|---|---|---|"]
    lines += [f"| {what} | {got} | {_SAID[met]} |" for what, got, met in found]
    return "\n".join(lines) + "\n"


def least(compared: Rounds) -> str:
    """How few writes there can be, and what half of each K is beside that."""
    least_ = figures.measured(compared[contestants.SILENT], figures.writes).median
    parts = [_half(kind, compared[kind], least_) for kind in contestants.KOPF]
    ours = figures.measured(compared[contestants.OURS], figures.writes).median
    return (
        f"How few can it be? L, silent writes {least_:.1f} a resource: each child once, and the two end states. "
        f"Nobody gets there with fewer; ours writes {ours:.1f}. Half of {', '.join(parts)}.\n"
    )


def _half(kind: contestants.Kind, samples: Sequence[rounds.Sample], least_: float) -> str:
    half = figures.measured(samples, figures.writes).median / 2
    within = "can be met" if half >= least_ else "cannot be met by anybody"
    return f"{kind.title} is {half:.1f}, which {within}"


def _ratios(compared: Rounds) -> Iterator[Verdict]:
    if not compared:
        return
    for name, figure, low, high in (("writes", figures.writes, 1.15, 0.5), ("CPU", figures.milliseconds, 4, 0.5)):
        for other, limit in ((contestants.RAW, low), (contestants.IDIOMATIC, high)):
            ratio = figures.ratio(compared[contestants.OURS], compared[other], figure)
            yield f"{name} <= {limit:g} x {other.title}", f"{ratio.text(2)} x", ratio.median <= limit


def _latency(compared: Rounds) -> Iterator[Verdict]:
    if not compared:
        return
    late = figures.latency(0.99)
    ours, raw = (compared[kind] for kind in (contestants.OURS, contestants.RAW))
    active, found = min(sample.count for sample in ours), figures.measured(ours, late)
    more = figures.difference(ours, raw, late)
    got = f"{found.text(0)} ms; L {figures.measured(raw, late).text(0)} ms; more than L by {more.text(0)} ms"
    yield (
        f"added latency p99 <= 250 ms at {ACTIVE} active (here {active})",
        got,
        (
            found.median <= 250 if active >= ACTIVE else None  # noqa: PLR2004
        ),
    )


def _many(masses: Sequence[settling.Mass]) -> Iterator[Verdict]:
    for one in masses:
        yield f"{MANY} ModelDeployments all Ready", f"{one.count} in {one.seconds:.0f} s", one.count >= MANY or None


def _restarts(restarts: Sequence[settling.Restart]) -> Iterator[Verdict]:
    for one in restarts:
        enough, resident = one.count >= SETTLED, one.resident / 1e6
        about = f"restart with {SETTLED} settled (here {one.count})"
        yield f"{about}: <= 15 s", f"{one.seconds:.1f} s", one.seconds <= 15 if enough else None  # noqa: PLR2004
        wrote = one.writes.total + one.writes.events
        yield f"{about}: 0 writes", str(wrote), not wrote if enough else None
        yield f"{about}: RSS <= 260 MB", f"{resident:.0f} MB", resident <= 260 if enough else None  # noqa: PLR2004
