"""Whether clients' answers are distributed as those to the evaluation set, by what sentinels counted. Pure.

    index (PSI)    0 ──── 0.1 ──────── 0.25 ────────►        0.2 ends what 0.25 began
    Healthy        as       a little      False/OutputsDrifted

The bounds are the usual ones of the population stability index: conventions. Words hold no number that changes with
every sample, for each would be a write.
"""

import dataclasses
from collections.abc import Iterable

from model_operator import conditions, reasons
from model_operator.deployments import sentinels

LITTLE, MUCH = 0.1, 0.25
#: What was much is so until it falls below this.
ENOUGH = 0.2
#: An index beyond MUCH is told as being above the largest of these.
_STEPS = (MUCH, 0.5, 1, 2, 5)
REMEDY = "compare what clients send with the evaluation set; if the world has changed, evaluate on it, or train anew"


@dataclasses.dataclass(frozen=True)
class Change:
    """What is told of it: something to act on, or words for when all is well. Nothing where nothing is known."""

    finding: conditions.Finding | None = None
    words: str = ""


def far(report: sentinels.Report) -> bool:
    """Are the answers of this server far from those to the evaluation set?"""
    return report.drift is not None and report.drift.psi > MUCH


def drift(reports: Iterable[sentinels.Report], reason: str) -> Change:
    """Of the server that is furthest; `reason` is that of Healthy until now."""
    told = [report.drift for report in reports if report.drift]
    if not told:
        return Change()
    worst = max(told, key=lambda one: one.psi)
    if worst.psi > (ENOUGH if reason == reasons.Reason.OUTPUTS_DRIFTED else MUCH):
        return Change(_drifted(worst))
    if worst.psi > LITTLE:
        words = f"output {worst.output} is distributed a little otherwise than on the evaluation set"
        return Change(words=f"{words} (stability index below {MUCH:g})")
    return Change(words=f"outputs are distributed as on the evaluation set (stability index below {LITTLE:g})")


def _drifted(worst: sentinels.Drift) -> conditions.Finding:
    step = max((step for step in _STEPS if worst.psi > step), default=ENOUGH)
    how = f"output {worst.output} is distributed otherwise than on the evaluation set"
    return conditions.Finding(
        reasons.Reason.OUTPUTS_DRIFTED, f"{how} (population stability index above {step:g}); {REMEDY}"
    )
