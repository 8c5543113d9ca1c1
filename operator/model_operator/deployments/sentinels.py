"""What the sentinel of a server answers when it is asked: an untrusted text, as plain values. Pure."""

import dataclasses
import json
from typing import Any

from model_operator import conditions

#: Bytes of a container's words that are worth showing.
WORDS_LIMIT = 500
#: And of an output's name.
NAME_LIMIT = 63
#: Servers of one revision that are asked at a time: they fail alike.
ASKED = 3
#: Looks in a row after which what a sentinel sees is no accident: it looks twice a second until the server is ready.
FIRM = 3


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What clients asked within the last seconds (a minute at most)."""

    seconds: float
    succeeded: int
    failed: int
    mean_ms: float
    """Of those that succeeded, in the queue and in the model."""


@dataclasses.dataclass(frozen=True)
class Drift:
    """How far sampled answers are from those to the evaluation set."""

    psi: float
    """Population stability index."""
    output: str
    """The output that is furthest."""


@dataclasses.dataclass(frozen=True)
class Report:
    """One answer."""

    ready: bool = False
    reason: str = ""
    message: str = ""
    looks: int = FIRM
    """Looks in a row that saw the same; a sentinel that does not count is believed at once."""
    traffic: Traffic | None = None
    ten_minutes: Traffic | None = None
    """The traffic of the last ten minutes."""
    drift: Drift | None = None
    """None without sampling, and until enough was sampled."""
    deaths: int = 0
    """How often it found the server dead, because nothing succeeded any more: the kubelet then restarts it."""

    @property
    def firm(self) -> bool:
        """It has been so for more than a moment."""
        return self.looks >= FIRM


def read(answer: str) -> Report | None:
    """The report; None for what is none."""
    try:
        told = json.loads(answer or "null")
        if not isinstance(told, dict):
            return None
        return Report(
            ready=told.get("ok") is True,
            reason=str(told.get("reason", "")),
            message=conditions.cut(str(told.get("message", "")), WORDS_LIMIT),
            looks=int(told.get("looks", FIRM)),
            traffic=_traffic(told.get("traffic")),
            ten_minutes=_traffic(told.get("ten_minutes")),
            drift=_drift(told.get("drift")),
            deaths=int(told.get("deaths", 0)),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _traffic(told: Any) -> Traffic | None:
    """None for what is none: who counts strangely may still say why a server is not ready."""
    try:
        mean = float(told["mean_ms"] or 0.0)  # of no requests there is none
        figures = float(told["seconds"]), int(told["succeeded"]), int(told["failed"]), mean
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    sane = all(0 <= figure <= 1e12 for figure in figures)  # noqa: PLR2004 - NaN and infinity are none of these either
    return Traffic(*figures) if sane else None


def _drift(told: Any) -> Drift | None:
    """Likewise."""
    try:
        psi, output = float(told["psi"]), conditions.cut(str(told["output"]), NAME_LIMIT)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return Drift(psi, output) if 0 <= psi <= 1e6 else None  # noqa: PLR2004 - as above
