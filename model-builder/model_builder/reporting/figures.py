"""Numbers as people read them in a report. Pure: a number in, words out."""

#: Parts of 1 in a percentage point.
POINTS = 100
#: Below this many points one decimal would read as nothing.
SMALL = 0.095
#: Digits of an exponent.
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def share(value: float) -> str:
    """An accuracy or its like: 0.991."""
    return f"{value:.3f}"


def points(part: float) -> str:
    """A part of 1 in percentage points, without a unit: 0.4, -1.2, 0.04."""
    value = part * POINTS
    if value and abs(value) < SMALL:
        return minus(f"{value:.1g}")
    return minus(f"{value:.1f}".replace("-0.0", "0.0"))


def percent(part: float) -> str:
    """A part of 1: 27 %, 0.4 %."""
    value = part * POINTS
    return f"{value:.0f} %" if value >= 1 or not value else f"{value:.1g} %"


def times(ratio: float) -> str:
    """A ratio: 1.63, 12.4, 240."""
    digits = 2 if ratio < 10 else 1 if ratio < POINTS else 0  # noqa: PLR2004 - three digits are read, more are noise
    return f"{ratio:.{digits}f}"


def duration(microseconds: float) -> str:
    """A latency in the unit that gives it three digits: 41.2 µs, 1.07 ms, 2.50 s."""
    value, units = microseconds, ("µs", "ms", "s")
    for unit in units[:-1]:
        if value < 999.5:  # noqa: PLR2004 - else it would be rounded to four digits
            return f"{significant(value)} {unit}"
        value /= 1000
    return f"{significant(value)} {units[-1]}"


def significant(value: float) -> str:
    """Three digits, never in powers of ten: 41.2, 1.07, 120."""
    for limit, decimals in ((9.995, 2), (99.95, 1)):
        if value < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.0f}"


def thousands(value: float) -> str:
    """A rate to three digits: 5,210, 48.1, 0.52."""
    return f"{value:,.0f}" if value >= POINTS else f"{value:.3g}"


def error(value: float) -> str:
    """A difference or a tolerance to two digits: 0.46, 1.4 x 10 to the -6 (with raised digits)."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    if value == 0 or -3 <= int(exponent) <= 2:  # noqa: PLR2004 - such as are read at a glance
        return f"{value:.2g}"
    return f"{mantissa} \N{MULTIPLICATION SIGN} 10{str(int(exponent)).translate(RAISED)}"


def tick_duration(microseconds: float) -> str:
    """A latency on an axis, where values are round: 40 µs, 1 ms, 2.5 s."""
    number, unit = duration(microseconds).split(" ")
    return f"{float(number):g} {unit}"


def tidy(value: float) -> str:
    """A label of an axis: no more digits than it needs."""
    return minus(f"{value:.6g}")


def minus(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", "\N{MINUS SIGN}") if text.startswith("-") else text


def count(number: int, thing: str) -> str:
    """`1 sample`, `1,600 samples`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
