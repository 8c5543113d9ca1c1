"""Does a candidate keep what the gate asks? Pure: predictions in, a verdict with its words out.

    for each metric   in each mode: the fall from the original model    (differences)
                      the worst mode counts
    verdict           any metric failed ─► failed;  any inconclusive ─► inconclusive;  else passed

A metric fails when its point estimate is above the limit. Where gate.confidence is asked, a point estimate within the
limit is not enough: the one-sided bound must be, and until it is the samples do not tell.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import scipy.stats

from model_builder import arrays, contract, errors
from model_builder.optimizing import differences, wording

Verdict = contract.Verdict
#: From best to worst.
ORDER = (Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.FAILED)
#: Falls are quotients and sums of them: a rounding error is no fall.
ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class Finding:
    """One metric in one mode."""

    metric: contract.Metric
    mode: contract.Mode
    table: differences.Paired
    difference: differences.Difference
    limit: float | None

    @property
    def verdict(self) -> Verdict:
        """Of this metric alone; one that is not limited passes."""
        if self.limit is None:
            return Verdict.PASSED
        if self.difference.fall > self.limit + ROUNDING:
            return Verdict.FAILED
        bound = self.difference.bound
        return Verdict.PASSED if bound is None or bound <= self.limit + ROUNDING else Verdict.INCONCLUSIVE

    @property
    def badness(self) -> tuple[int, float, float]:
        """Greater is worse."""
        return ORDER.index(self.verdict), self.difference.fall, self.difference.high

    @property
    def drop(self) -> contract.Drop:
        """For the report."""
        return contract.Drop(
            value=self.difference.fall,
            low=self.difference.low,
            high=self.difference.high,
            bound=self.difference.bound,
            limit=self.limit,
            mode=self.mode,
            worse=self.table.worse,
            better=self.table.better,
        )


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What the gate says."""

    verdict: Verdict
    words: str
    drops: dict[contract.Metric, contract.Drop]


def judge(
    labels: arrays.Array,
    baseline: arrays.Array,
    candidate: Mapping[contract.Mode, arrays.Array],
    gate: contract.Gate,
    asked: Iterable[contract.Metric],
) -> Judgement:
    """Hold a candidate's predictions, (rows,) for each mode, against the baseline's."""
    tables = {mode: differences.paired(labels, baseline, predictions) for mode, predictions in candidate.items()}
    worst = [
        max((find(metric, mode, table, gate) for mode, table in tables.items()), key=lambda found: found.badness)
        for metric in gated(gate, asked)
    ]
    verdict = max((finding.verdict for finding in worst), key=ORDER.index, default=Verdict.PASSED)
    return Judgement(verdict, words(verdict, worst, gate), {finding.metric: finding.drop for finding in worst})


def gated(gate: contract.Gate, asked: Iterable[contract.Metric]) -> list[contract.Metric]:
    """The metrics to compute: those asked for, and those that the gate limits."""
    return list(dict.fromkeys([*asked, *gate.max_drop.items()]))


def find(metric: contract.Metric, mode: contract.Mode, table: differences.Paired, gate: contract.Gate) -> Finding:
    """One metric in one mode."""
    limit = gate.max_drop.items().get(metric)
    confidence = None if limit is None else gate.confidence
    return Finding(metric, mode, table, differences.of(table, metric, confidence), limit)


def words(verdict: Verdict, findings: Iterable[Finding], gate: contract.Gate) -> str:
    """Those that decide, each with its figures; of a candidate that passed, all. Samples are counted once a mode."""
    telling = [finding for finding in findings if verdict in (Verdict.PASSED, finding.verdict)]
    modes = itertools.groupby(telling, key=lambda finding: finding.mode)
    return "; ".join(tell(list(group), gate) for _, group in modes)


def tell(findings: Sequence[Finding], gate: contract.Gate) -> str:
    """Metrics of one mode, for a person."""
    table, place = findings[0].table, wording.PLACES[findings[0].mode]
    counted = f"{table.worse} of {table.rows} samples worse, {table.better} better{place}"
    return "; ".join([*(figures(finding, gate) for finding in findings), counted])


def figures(finding: Finding, gate: contract.Gate) -> str:
    """One metric."""
    digits = wording.decimals(finding.limit, finding.difference.fall)
    told = [wording.fall(finding.metric, finding.difference, digits)]
    if finding.limit is not None:
        told.append(f"allowed is {wording.points(finding.limit, digits)}")
    if finding.verdict == Verdict.INCONCLUSIVE:
        told.append(undecided(finding, gate, digits))
    return ", ".join(told)


def undecided(finding: Finding, gate: contract.Gate, digits: int) -> str:
    """What the samples do not tell, and how many would."""
    limit, confidence, difference = finding.limit or 0.0, gate.confidence or 0.0, finding.difference
    bound = wording.points(difference.bound or 0.0, digits)
    count = samples(difference, limit, confidence, finding.table.rows)
    more = f"about {wording.roundly(count)} samples like these would decide" if count else "more samples decide nothing"
    return f"but with {100 * confidence:g} % confidence it is only known to be below {bound} ({more})"


def samples(difference: differences.Difference, limit: float, confidence: float, rows: int) -> int | None:
    """How many samples would bring the bound down to the limit, if the figures stayed as they are; None: no number.

    The bound is fall + z deviation / sqrt(n), so n = z^2 deviation^2 / (limit - fall)^2.
    """
    margin = limit - difference.fall
    if margin <= ROUNDING:
        return None
    quantile = float(scipy.stats.norm.ppf(confidence))
    return max(math.ceil((quantile * difference.deviation / margin) ** 2), rows + 1)


def too_small(file: str, rows: int, gate: contract.Gate) -> errors.RejectedError | None:
    """EvaluationTooSmall, when one wrong answer more is above a limit: such a set cannot prove what is asked."""
    limit = min(gate.max_drop.items().values(), default=1.0)
    if 1 / rows <= limit + ROUNDING:
        return None
    needed, digits = math.ceil(1 / limit - ROUNDING), wording.decimals(limit, 1 / rows)
    return errors.RejectedError(
        contract.FailureReason.EVALUATION_TOO_SMALL,
        f"{file} has {rows} rows, of which one is {wording.points(1 / rows, digits)} points: a drop of "
        f"{wording.points(limit, digits)} (gate.maxDrop) cannot be seen",
        field="spec.build.evaluation",
        next_step=f"Give at least {needed} held-back samples, several times as many for a verdict that is worth "
        "something, or a larger spec.build.gate.maxDrop.",
    )
