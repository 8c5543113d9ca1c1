"""The chart's rules in the real Prometheus beside the cluster, and which of its alerts were told."""

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator

from cluster import scraping
from e2e import querying
from monitoring import files, shortening

Labels = dict[str, str]


def shipped() -> dict[str, str]:
    """File name -> rules, as the chart has them."""
    return {path.stem: path.read_text() for path in (files.RECORDING, files.ALERTS)}


def shortened() -> dict[str, str]:
    """The same, with shortened durations."""
    return {f"{name}-shortened": shortening.shortened(text) for name, text in shipped().items()}


@contextlib.contextmanager
def loaded(rules: dict[str, str]) -> Iterator[None]:
    """Prometheus goes by these rules meanwhile."""
    paths = {scraping.rules() / f"{name}.yaml": text for name, text in rules.items()}
    try:
        for path, text in paths.items():
            path.write_text(text)
        scraping.reload()
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
        scraping.reload()


@dataclasses.dataclass
class Watch:
    """Alerts since now."""

    began: float = dataclasses.field(default_factory=time.monotonic)

    def fired(self, alert: str, **labels: str) -> list[Labels]:
        """Those that have fired, be it for a moment."""
        return self._told(alertname=alert, alertstate="firing", **labels)

    def pending(self) -> list[Labels]:
        """Those whose expression was true, be it once: what a rule without any patience would have fired."""
        return self._told()

    def _told(self, **labels: str) -> list[Labels]:
        return told(math.ceil(time.monotonic() - self.began), **labels)


def told(seconds: int, **labels: str) -> list[Labels]:
    """Those that were pending or fired within the last seconds."""
    return _series(f"count_over_time(ALERTS{{{_matchers(labels)}}}[{seconds}s])")


def firing(**labels: str) -> list[Labels]:
    """Those that fire now."""
    return _series(f"ALERTS{{{_matchers({'alertstate': 'firing', **labels})}}}")


def _series(expression: str) -> list[Labels]:
    return [labels for labels, _ in querying.series(expression)]


def _matchers(labels: Labels) -> str:
    return ",".join(['alertname=~"Modelsmith.+"', *(f'{label}="{value}"' for label, value in labels.items())])
