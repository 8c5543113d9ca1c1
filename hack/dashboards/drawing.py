"""A dashboard as an SVG: its panels on Grafana's grid of 24 columns, each with what its queries answer."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, Protocol

from dashboards import asking

Panel = dict[str, Any]
#: Pixels of a column and a row of the grid, and between panels.
COLUMN, ROW, GAP = 50, 34, 8
COLOURS = ("#3274d9", "#e0752d", "#299c46", "#a352cc", "#c4162a", "#8f8f8f", "#b3900a", "#0a7e8c")
#: Characters from which on a figure is written small.
_LONG = 16
#: Series of a panel that are drawn, and rows of a table.
SHOWN = 8
_STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#24292e} .t{font-size:13px;font-weight:600} .s{font-size:11px}"
    " .n{font-size:28px;font-weight:600} .m{fill:#6a737d}"
)


class Source(Protocol):
    """Where answers come from."""

    def instant(self, expression: str) -> list[asking.Sample]:
        """Labels and value of each series now."""

    def lines(self, expression: str) -> list[asking.Line]:
        """Labels and (time, value) of each series over the window."""


def draw(dashboard: dict[str, Any], source: Source) -> str:
    """The picture."""
    panels = dashboard["panels"]
    height = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in panels) * ROW + 2 * GAP + 30
    width = 24 * COLUMN + 2 * GAP
    body = "\n".join(_panel(one, source) for one in panels)
    title = _text(GAP, 22, dashboard["title"], "t")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f'<style>{_STYLE}</style>\n<rect width="{width}" height="{height}" fill="#f6f8fa"/>\n{title}\n{body}\n</svg>\n'
    )


def _panel(panel: Panel, source: Source) -> str:
    place = panel["gridPos"]
    width, height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    x, y = place["x"] * COLUMN + GAP, place["y"] * ROW + 30 + GAP
    kinds = {"timeseries": _lines, "stat": _number, "table": _table}
    inside = kinds[panel["type"]](panel, source, width, height) if panel["type"] in kinds else ()
    frame = "" if panel["type"] == "row" else f'<rect width="{width}" height="{height}" rx="3" fill="#fff"/>'
    return f'<g transform="translate({x},{y})">{frame}{_text(10, 18, panel["title"], "t")}{"".join(inside)}</g>'


def _number(panel: Panel, source: Source, width: int, height: int) -> Iterator[str]:
    """One figure in the middle; where series are told apart by name, the names."""
    found = [(target, sample) for target in panel["targets"] for sample in source.instant(target["expr"])]
    legend = found[0][0].get("legendFormat") if found else ""
    words = _named(legend, found[0][1][0]) if legend else written(found[0][1][1], unit(panel)) if found else "no data"
    style = "n" if len(words) < _LONG else "t"
    yield _text(width / 2, height / 2 + 20, words, style, "middle")


def _table(panel: Panel, source: Source, width: int, height: int) -> Iterator[str]:
    """A row for each set of labels, a column for each query."""
    rows: dict[str, list[str]] = {}
    for number, target in enumerate(panel["targets"]):
        for labels, value in source.instant(target["expr"]):
            name = ", ".join(text for key, text in sorted(labels.items()) if key != "__name__")
            rows.setdefault(name, [""] * len(panel["targets"]))[number] = written(value, "short")
    if not rows:
        yield _text(10, 44, "none", "s m")
    room = max(1, (height - 40) // 18)
    for number, (name, told) in enumerate(list(rows.items())[:room]):
        yield _text(10, 44 + 18 * number, name, "s")
        for column, figure in enumerate(reversed(told)):
            yield _text(width - 12 - 80 * column, 44 + 18 * number, figure, "s", "end")


def _lines(panel: Panel, source: Source, width: int, height: int) -> Iterator[str]:
    """Lines over time, on one scale from zero."""
    found = [
        (_named(target.get("legendFormat") or "", labels), points)
        for target in panel["targets"]
        for labels, points in source.lines(target["expr"])
        if points
    ][:SHOWN]
    if not found:
        yield _text(10, 44, "no data", "s m")
        return
    left, right, top, bottom = 64, width - 12, 34, height - 30
    times = [at for _, points in found for at, _ in points]
    start, end = min(times), max(*times, min(times) + 1)
    most = max(1e-9, *(value for _, points in found for _, value in points))
    yield from _axis(most, unit(panel), (left, right, top, bottom))
    for number, (name, points) in enumerate(found):
        colour = COLOURS[number % len(COLOURS)]
        along = " ".join(
            f"{left + (at - start) / (end - start) * (right - left):.0f},{bottom - value / most * (bottom - top):.1f}"
            for at, value in points
        )
        yield f'<polyline points="{along}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        across = left + number * (right - left) / max(1, len(found))
        yield f'<circle cx="{across + 4:.0f}" cy="{height - 14}" r="4" fill="{colour}"/>'
        yield _text(across + 12, height - 10, _cut(name, (right - left) / len(found) - 20), "s")


def _cut(words: str, room: float) -> str:
    """As much as fits, at six pixels and a half for a character; names differ in their ends."""
    most = max(4, int(room / 6.5))
    return words if len(words) <= most else f"…{words[1 - most :]}"


def _axis(most: float, unit_: str, box: tuple[int, int, int, int]) -> Iterator[str]:
    left, right, top, bottom = box
    for part in (0.0, 0.5, 1.0):
        y = bottom - part * (bottom - top)
        yield f'<path d="M{left} {y}H{right}" stroke="#e1e4e8"/>'
        yield _text(left - 6, y + 4, written(part * most, unit_), "s m", "end")


def unit(panel: Panel) -> str:
    """The unit of a panel's values, in Grafana's word."""
    return str(panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "short"))


def written(value: float, unit_: str) -> str:
    """A value with its unit, in three digits."""
    if unit_ == "percentunit":
        return f"{100 * value:.3g} %"
    if unit_ == "s":
        return _seconds(value)
    suffix = {"reqps": "/s", "ops": "/s"}.get(unit_, "")
    return f"{value:,.0f}{suffix}" if abs(value) >= 1000 else f"{value:.3g}{suffix}"  # noqa: PLR2004 - four digits


def _seconds(value: float) -> str:
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")):
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value * 1e6:.3g} µs"


def _named(legend: str, labels: dict[str, str]) -> str:
    """A legend with the labels that it asks for."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match[1], ""), legend) or "value"


def _text(x: float, y: float, words: str, style: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{style}">{html.escape(words)}</text>'
