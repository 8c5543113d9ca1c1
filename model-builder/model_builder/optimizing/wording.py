"""Figures as people read them: drops in points, counts without false precision."""

import math

from model_builder import contract
from model_builder.optimizing import differences

#: Where a metric was worst, when that was not alone.
PLACES = {
    contract.Mode.ALONE: "",
    contract.Mode.FULL_BATCH: ", in full batches",
    contract.Mode.MIXED_BATCHES: ", in mixed batches",
}
#: Digits that a count of samples to come deserves.
DIGITS = 2


def fall(metric: contract.Metric, difference: differences.Difference, digits: int) -> str:
    """e.g. accuracy fell by 1.6 points (0.991 to 0.976, interval 0.4 to 2.7)."""
    interval = f"interval {points(difference.low, digits)} to {points(difference.high, digits)}"
    if not difference.fall:
        return f"{metric} stayed at {difference.before:.{digits + 2}f} ({points(0, digits)} points, {interval})"
    verb = "rose" if difference.fall < 0 else "fell"
    moved = f"{difference.before:.{digits + 2}f} to {difference.after:.{digits + 2}f}"
    return f"{metric} {verb} by {points(abs(difference.fall), digits)} points ({moved}, {interval})"


def points(part: float, digits: int = 1) -> str:
    """A part of 1 in hundredths."""
    return f"{round(100 * part, digits) + 0.0:.{digits}f}"  # + 0.0: no minus zero


def decimals(limit: float | None, value: float = 0.0) -> int:
    """Decimals of points in which a limit can be told, and a value beside it that is not the limit."""
    if limit is None:
        return 1
    return next((digits for digits in (1, 2) if apart(limit, value, digits)), 3)


def apart(limit: float, value: float, digits: int) -> bool:
    """Is the limit written in full, and does the value look like it only if it is?"""
    told = round(100 * limit, digits)
    same = math.isclose(value, limit, abs_tol=1e-9)
    return math.isclose(told, 100 * limit) and (same or round(100 * value, digits) != told)


def roundly(count: int) -> str:
    """A count, rounded up to what it deserves: 1,234 is 1,300."""
    unit = int(10 ** max(len(str(count)) - DIGITS, 0))
    return f"{math.ceil(count / unit) * unit:,}"


def speed(measured: contract.Speed) -> str:
    """e.g. 1.63 x as fast as the float graph (1.55 to 1.71, 30 rounds, 41 against 67 us a call)."""
    ratio, pair = measured.ratio, f"{measured.candidate.p50:g} against {measured.float_graph.p50:g} us a call"
    spread = f"{ratio.low:g} to {ratio.high:g}, {measured.rounds} rounds, {pair}"
    return f"{ratio.value:g} x as fast as the float graph ({spread}) on {measured.cpu}"
