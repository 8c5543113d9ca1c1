"""Figures as `kubectl get` shows them: strings, because a float has no stable spelling.

    accuracy  0.991 ±0.009        delta  -0.2 pt        speedup  1.63x ±0.08        size  101 kB (0.27x of float)
    capacity  5,210 req/s a server

They come from a report, which is untrusted: what is no figure is left out, and nothing gets long.
"""

import math
from collections.abc import Mapping, Sequence

from model_builder import contract
from model_operator import conditions, ladders
from model_operator.api import build, types

#: Beyond it a figure is none.
_GREATEST = 1e6
#: Samples in a batch, of which serving.batching allows fewer.
_LARGEST_BATCH = 2**20
#: Bytes of the ladder in a condition's message, beside the figures.
LADDER_LIMIT = 800
NOT_MEASURED = "notMeasured"
#: Notes kept, and bytes of each.
NOTES, NOTE_LIMIT = 4, 300
#: Of the float graph against itself.
ITSELF = "1x"


def accuracy(metrics: Mapping[contract.Metric, contract.Estimate]) -> str:
    """`0.991 ±0.009`: the wider half of the 95 % interval, because an interval near 1 is not symmetric."""
    estimate = metrics.get(contract.Metric.ACCURACY)
    if estimate is None or not _sane(estimate.value, estimate.low, estimate.high):
        return ""
    return f"{estimate.value:.3f} ±{_margin(estimate):.3f}"


def delta(drops: Mapping[contract.Metric, contract.Drop]) -> str:
    """`-0.2 pt`: accuracy less the original model's, in percentage points; a drop is the other way round."""
    drop = drops.get(contract.Metric.ACCURACY)
    if drop is None or not _sane(drop.value):
        return ""
    points = round(-100 * drop.value, 1)
    return f"{points:+.1f} pt" if points else "0.0 pt"


def speedup(report: contract.Report) -> str:
    """`1.63x ±0.08`, with the wider half of the interval; the float graph is as fast as itself."""
    chosen, ratio = ladders.chosen(report.candidates), report.speedup
    if chosen is contract.CandidateName.NONE:
        return ITSELF
    if ratio is not None and _sane(ratio.value, ratio.low, ratio.high):
        return f"{ratio.value:.2f}x ±{_margin(ratio):.2f}"
    return NOT_MEASURED if chosen else ""


def relative_size(report: contract.Report) -> str:
    """`0.27x`: of the float graph's size; empty for the float graph itself."""
    lossy = ladders.chosen(report.candidates) not in (None, contract.CandidateName.NONE)
    if not lossy or not 0 < report.float_size < 10**18 or not 0 < report.size < 10**18:
        return ""
    ratio = report.size / report.float_size
    return f"{ratio:.2f}x" if _sane(ratio) else ""


def capacity(told: contract.ServerCapacity | None) -> types.Capacity | None:
    """In whole numbers; all of it or none."""
    if told is None or not _sane(told.requests_per_second, told.batch_seconds):
        return None
    if told.requests_per_second <= 0 or told.batch_seconds <= 0 or not 0 < told.max_batch <= _LARGEST_BATCH:
        return None
    return types.Capacity(
        requests_per_second=round(told.requests_per_second),
        batch_microseconds=max(1, round(told.batch_seconds * 1e6)),
        max_batch_size=told.max_batch,
    )


def summary(artifact: build.BuildArtifact, candidates: Sequence[types.Candidate]) -> str:
    """What was built, how it came to it, and what to know besides, in a line."""
    parts = [_accuracy(artifact), _size(artifact), _speed(artifact), _capacity(artifact)]
    figures = f"{artifact.precision}: {', '.join(filter(None, parts))}"
    return ". ".join(("; ".join(filter(None, (figures, ladders.fall(candidates, LADDER_LIMIT)))), *artifact.notes))


def notes(report: contract.Report) -> list[str]:
    """Sentences of the builder's, as a status keeps them."""
    return [conditions.cut(note, NOTE_LIMIT) for note in report.notes[:NOTES]]


def _accuracy(artifact: build.BuildArtifact) -> str:
    against = f" ({artifact.delta})" if artifact.delta else ""
    return f"accuracy {artifact.accuracy}{against}" if artifact.accuracy else ""


def _size(artifact: build.BuildArtifact) -> str:
    return f"{artifact.size} ({artifact.relative_size} of float)" if artifact.relative_size else artifact.size


def _speed(artifact: build.BuildArtifact) -> str:
    """Nothing of the float graph against itself."""
    if artifact.speedup == NOT_MEASURED:
        return "speed not measured"
    return f"{artifact.speedup} as fast" if artifact.speedup not in ("", ITSELF) else ""


def _capacity(artifact: build.BuildArtifact) -> str:
    if artifact.capacity is None:
        return ""
    rate = artifact.capacity.requests_per_second
    return f"{rate:,} req/s a server" if rate else "less than 1 req/s a server"


def _margin(estimate: contract.Estimate) -> float:
    return max(estimate.high - estimate.value, estimate.value - estimate.low)


def _sane(*figures: float) -> bool:
    return all(math.isfinite(figure) and abs(figure) < _GREATEST for figure in figures)
