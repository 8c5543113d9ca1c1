"""The pictures of the dashboards: every panel is drawn, with what its queries answer."""

import json
import xml.etree.ElementTree as ET

import pytest

from dashboards import drawing
from monitoring import files


class Answers:
    """One series for everything, on a straight line."""

    def instant(self, expression):
        return [({"name": "digits", "__name__": "up"}, 0.25)]

    def lines(self, expression):
        return [({"pod": "digits-0"}, [(0.0, 1.0), (60.0, 3.0)])]


class Silence:
    """No series at all."""

    def instant(self, expression):
        return []

    def lines(self, expression):
        return []


DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in files.DASHBOARDS}
every = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)


@every
@pytest.mark.parametrize("source", [Answers(), Silence()], ids=["answered", "silent"])
def test_every_panel_is_drawn_with_its_title(dashboard, source):
    picture = ET.fromstring(drawing.draw(dashboard, source))  # noqa: S314 - what we have just drawn
    words = {"".join(one.itertext()) for one in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {panel["title"] for panel in dashboard["panels"]} <= words


@every
def test_lines_are_on_a_scale_from_zero_to_the_most(dashboard):
    text = drawing.draw(dashboard, Answers())
    drawn = [panel for panel in dashboard["panels"] if panel["type"] == "timeseries"]
    assert text.count("<polyline") == sum(min(len(panel["targets"]), drawing.SHOWN) for panel in drawn)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(0.999, "percentunit", "99.9 %"), (0.0021, "s", "2.1 ms"), (7200, "s", "2 h"), (12345, "reqps", "12,345/s")],
)
def test_figures_have_their_unit(value, unit, words):
    assert drawing.written(value, unit) == words
