"""Prometheus' text format, as little as it takes: its client library would make this process larger. Pure."""

from collections.abc import Iterable, Mapping

PREFIX = "modelsmith_sentinel_"


def gauge(name: str, words: str, value: float, **labels: str) -> list[str]:
    """One gauge. Twelve digits: a time of this century in seconds has ten."""
    return [*_head(name, words, "gauge"), f"{PREFIX}{name}{_labels(labels)} {float(value):.12g}"]


def gauges(name: str, words: str, values: Iterable[tuple[Mapping[str, str], float]]) -> list[str]:
    """A gauge for each set of labels; nothing where there is none."""
    lines = [f"{PREFIX}{name}{_labels(labels)} {float(value):.12g}" for labels, value in values]
    return [*_head(name, words, "gauge"), *lines] if lines else []


def counter(name: str, words: str, value: int) -> list[str]:
    """One counter."""
    return [*_head(name, words, "counter"), f"{PREFIX}{name} {value}"]


def counters(name: str, words: str, label: str, values: Mapping[str, int]) -> list[str]:
    """A counter for each value of a label."""
    lines = (f"{PREFIX}{name}{_labels({label: value})} {count}" for value, count in values.items())
    return [*_head(name, words, "counter"), *lines]


def _head(name: str, words: str, kind: str) -> list[str]:
    return [f"# HELP {PREFIX}{name} {words}", f"# TYPE {PREFIX}{name} {kind}"]


def _labels(labels: Mapping[str, str]) -> str:
    """Values are words of ours: nothing in them needs to be escaped."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
