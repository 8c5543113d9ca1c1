"""The parts of the page that need arithmetic: the ladder, the intervals, the sizes, the latencies."""

import dataclasses
from collections.abc import Sequence

from model_builder import contract
from model_builder.reporting import charts, figures, stories

#: A drop is drawn up to this many times its limit; what lies beyond becomes an arrow.
LIMITS = 8


@dataclasses.dataclass(frozen=True)
class DropView:
    """One metric's drop on a scale in points; `limit` is the place of the gate's line."""

    metric: contract.Metric
    drop: contract.Drop
    whisker: charts.Whisker
    zero: float
    limit: float | None
    ticks: list[charts.Tick]


@dataclasses.dataclass(frozen=True)
class Rung:
    """One step of the ladder."""

    candidate: contract.CandidateReport
    serves: bool
    kind: str
    drops: list[DropView]
    not_measured: str


@dataclasses.dataclass(frozen=True)
class Interval:
    """One estimate on the scale that all of a chart share."""

    label: str
    original: bool
    estimate: contract.Estimate
    whisker: charts.Whisker


@dataclasses.dataclass(frozen=True)
class Quality:
    """The original's and the artifact's metrics."""

    groups: list[tuple[contract.Metric, list[Interval]]]
    ticks: list[charts.Tick]


@dataclasses.dataclass(frozen=True)
class Bar:
    """A size."""

    label: str
    size: int
    width: float
    serves: bool


@dataclasses.dataclass(frozen=True)
class Series:
    """Latencies of one kind of call, with the outline of their histogram."""

    label: str
    original: bool
    latency: contract.Latency
    steps: charts.Steps


@dataclasses.dataclass(frozen=True)
class Timing:
    """Latencies on one axis."""

    series: list[Series]
    ticks: list[charts.Tick]
    left_out: int


def ladder(report: contract.FullReport) -> list[Rung]:
    """Every candidate that was judged, in order."""
    scales = drop_scales(report.candidates)
    return [
        Rung(
            candidate,
            candidate.name == report.chosen,
            stories.KINDS[candidate.name],
            [drop_view(metric, drop, scales[metric]) for metric, drop in drops_shown(candidate).items()],
            stories.not_measured(candidate, report.target),
        )
        for candidate in report.candidates
    ]


def drops_shown(candidate: contract.CandidateReport) -> dict[contract.Metric, contract.Drop]:
    """Those that the gate limits; without a gate, the main metric's."""
    limited = {metric: drop for metric, drop in candidate.drops.items() if drop.limit is not None}
    main = stories.main_metric(candidate)
    return limited or {metric: drop for metric, drop in candidate.drops.items() if metric == main}


def drop_scales(candidates: Sequence[contract.CandidateReport]) -> dict[contract.Metric, charts.Scale]:
    """One scale a metric, in points, so that candidates can be compared by eye."""
    shown = [item for candidate in candidates for item in drops_shown(candidate).items()]
    return {metric: drop_scale([drop for name, drop in shown if name == metric]) for metric in dict(shown)}


def drop_scale(drops: Sequence[contract.Drop]) -> charts.Scale:
    """From the best to the worst, with zero and the limit, in points."""
    ends = [end for drop in drops for end in (drop.low, drop.high)]
    limits = [drop.limit for drop in drops if drop.limit is not None]
    most = LIMITS * max(limits) if limits else max(map(abs, ends)) or figures.SMALL
    kept = [min(max(end, -most), most) for end in ends]
    return charts.around([figures.POINTS * value for value in (0, *limits, *kept)])


def drop_view(metric: contract.Metric, drop: contract.Drop, scale: charts.Scale) -> DropView:
    """Placed on its scale."""
    low, value, high = (figures.POINTS * part for part in (drop.low, drop.value, drop.high))
    limit = None if drop.limit is None else scale.at(figures.POINTS * drop.limit)
    return DropView(metric, drop, charts.whisker(scale, low, value, high), scale.at(0), limit, charts.ticks(scale))


def quality(report: contract.FullReport) -> Quality | None:
    """None without an evaluation set."""
    candidate = stories.chosen(report)
    sources = [("original", report.baseline), (candidate.name.value, candidate.metrics)]
    estimates = [estimate for _, metrics in sources for estimate in metrics.values()]
    if not estimates:
        return None
    scale = charts.around([end for estimate in estimates for end in (estimate.low, estimate.high)], ceiling=1)
    groups = [
        (metric, [interval(label, metrics[metric], scale) for label, metrics in sources if metric in metrics])
        for metric in contract.Metric
    ]
    return Quality([(metric, rows) for metric, rows in groups if rows], charts.ticks(scale))


def interval(label: str, estimate: contract.Estimate, scale: charts.Scale) -> Interval:
    """Placed on its scale."""
    placed = charts.whisker(scale, estimate.low, estimate.value, estimate.high)
    return Interval(label, label == "original", estimate, placed)


def sizes(report: contract.FullReport) -> list[Bar]:
    """The float graph and every candidate that was made; the longest bar is the largest file."""
    made = [candidate for candidate in report.candidates if candidate.size]
    largest = max([report.float_size, *(candidate.size for candidate in made)]) or 1
    others = [
        Bar(candidate.name, candidate.size, 100 * candidate.size / largest, candidate.name == report.chosen)
        for candidate in made
        if candidate.name != contract.CandidateName.NONE
    ]
    serves = report.chosen == contract.CandidateName.NONE
    return [Bar("float graph", report.float_size, 100 * report.float_size / largest, serves), *others]


def speed(candidate: contract.CandidateReport) -> Timing | None:
    """The candidate's calls over the float graph's; None where they were not timed."""
    if candidate.speed is None:
        return None
    kinds = [("float graph", candidate.speed.float_graph), (candidate.name.value, candidate.speed.candidate)]
    return timing(kinds)


def timing(kinds: Sequence[tuple[str, contract.Latency]]) -> Timing | None:
    """Histograms on one logarithmic axis; None when no call was counted."""
    histograms = [latency.histogram for _, latency in kinds]
    scale = charts.spans(histograms)
    if scale is None:
        return None
    top = max(charts.peak(histogram) for histogram in histograms) * 1.05
    series = [
        Series(label, label == "float graph", latency, charts.steps(scale, latency.histogram, latency.p50, top))
        for label, latency in kinds
    ]
    return Timing(series, charts.ticks(scale, figures.tick_duration), sum(one.steps.left_out for one in series))
