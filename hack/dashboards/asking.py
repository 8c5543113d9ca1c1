"""Ask Prometheus what a panel asks, with the variables that Grafana would put in."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

#: Points of a line.
POINTS = 120
Sample = tuple[dict[str, str], float]
Line = tuple[dict[str, str], list[tuple[float, float]]]


@dataclasses.dataclass(frozen=True)
class Prometheus:
    """A server, and the window that is looked at: its URL, seconds until now, and the dashboard's variables."""

    url: str
    seconds: int
    variables: Mapping[str, str]
    now: float = dataclasses.field(default_factory=time.time)

    def instant(self, expression: str) -> list[Sample]:
        """Labels and value of each series now."""
        found = self._ask("query", query=self._filled(expression), time=self.now)
        return [(one["metric"], float(one["value"][1])) for one in found]

    def lines(self, expression: str) -> list[Line]:
        """Labels and (time, value) of each series over the window; what is no number is left out."""
        step = max(5, self.seconds // POINTS)
        query = self._filled(expression)
        found = self._ask("query_range", query=query, start=self.now - self.seconds, end=self.now, step=step)
        return [(one["metric"], _numbers(one["values"])) for one in found]

    def _filled(self, expression: str) -> str:
        """Grafana's own variables are ranges: a scrape interval is 10 s, a rate needs four of them."""
        ranges = {"__range": f"{self.seconds}s", "__interval": "1m", "__rate_interval": "1m"}
        known = {**ranges, **self.variables}
        return re.sub(r"\$\{?(\w+)\}?", lambda match: known.get(match[1], match[0]), expression)

    def _ask(self, verb: str, **parameters: object) -> list[dict[str, Any]]:
        address = f"{self.url}/api/v1/{verb}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - the URL that a person gave
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


def _numbers(values: list[list[Any]]) -> list[tuple[float, float]]:
    pairs = ((float(at), float(value)) for at, value in values)
    return [(at, value) for at, value in pairs if math.isfinite(value)]
