"""Shortened rules are the same rules: only durations differ, and all of them do."""

import re

import pytest

from monitoring import files, shortening

PATHS = [files.RECORDING, files.ALERTS]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_a_minute_is_two_seconds_and_three_scrapes_the_least():
    asked = ("30s", "5m", "10m", "30m", "1h", "2h", "6h")
    assert [shortening.seconds(duration) for duration in asked] == [15, 15, 20, 60, 120, 240, 720]


def test_everything_but_durations_is_as_shipped(path):
    shipped, short = path.read_text(), shortening.shortened(path.read_text())
    assert re.sub(r"\b\d+[smhd]\b", "", short) == re.sub(r"\b\d+[smhd]\b", "", shipped)


def test_no_wait_and_no_range_is_left_as_it_was(path):
    short = shortening.shortened(path.read_text())
    rules = re.sub(r"^ *(#|summary:|description:).*$", "", short, flags=re.MULTILINE)
    assert re.findall(r"(?:\[|offset |for: )\d+[mhd]\b", rules) == []


def test_prometheus_takes_them(promtool, path, tmp_path):
    target = tmp_path / path.name
    target.write_text(shortening.shortened(path.read_text()))
    promtool("check", "rules", str(target))
