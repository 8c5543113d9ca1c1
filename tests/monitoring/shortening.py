"""The chart's rules with all their durations shortened: what takes hours for people takes minutes in a test.

    for:, keep_firing_for:, [ranges], offsets     a minute is two seconds, and none is shorter than three scrapes

Nothing else is changed, so the logic is the shipped one. What values are compared with stays, too: how old a watch is,
when a certificate or a token ends, and how often a server died are told by the programs, which nobody hurries.
"""

import math
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
#: Seconds in place of a second.
RATE = 2 / 60
#: Three scrapes of the tests' Prometheus, every five seconds: with fewer there is no rate.
LEAST = 15
_DURATION = re.compile(
    r"(?<=\[)(\d+)([smhd])(?=\])|(?<=\boffset )(\d+)([smhd])\b|(?<=\bfor: )(\d+)([smhd])$", re.MULTILINE
)
_KEPT = re.compile(r"(?<=\bkeep_firing_for: )(\d+)([smhd])$", re.MULTILINE)


def shortened(rules):
    """The text of a file of rules."""
    return _KEPT.sub(_short, _DURATION.sub(_short, rules))


def seconds(duration):
    """Of a duration as shipped, what is left."""
    return max(LEAST, math.ceil(int(duration[:-1]) * _SECONDS[duration[-1]] * RATE))


def _short(found):
    return f"{seconds(found[0])}s"
