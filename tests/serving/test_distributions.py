"""How far answers are from those that the build saw: pure."""

import json
import math

import numpy as np
import pytest

from model_builder.optimizing import distributions as built
from model_serving.sentinel import distributions

TENTHS = [100] * 10


@pytest.mark.parametrize(
    ("expected", "actual", "index"),
    [
        pytest.param(TENTHS, TENTHS, 0.0, id="the same"),
        pytest.param(TENTHS, [50] * 10, 0.0, id="the same, of half as many"),
        pytest.param([500, 500], [300, 700], 0.2 * math.log(7 / 3), id="as by hand: (0.3-0.5) ln(0.3/0.5) + ..."),
        pytest.param([999, 0], [0, 999], 2 * 0.999 * math.log(1999), id="an empty bin counts as half an observation"),
        pytest.param(TENTHS, [0] * 10, 0.0, id="nothing was seen"),
    ],
)
def test_the_index_is(expected, actual, index):
    assert distributions.index(expected, actual) == pytest.approx(index, abs=2e-3)


def test_chance_alone_hardly_ever_looks_like_much():
    """At the least that is judged: 200 rows there, 500 samples here, ten bins."""
    source = np.random.default_rng(0)
    tenth = [0.1] * 10
    found = [distributions.index(source.multinomial(200, tenth), source.multinomial(500, tenth)) for _ in range(5000)]
    assert np.mean(found) == pytest.approx(9 * (1 / 200 + 1 / 500), rel=0.1)
    assert np.mean(np.array(found) > 0.25) < 0.002


def of(answers, folder):
    """The parts that a sentinel reads of what a build writes."""
    (folder / "distribution.json").write_text(built.of(answers).model_dump_json())
    return distributions.read(folder)


ANSWERS = {
    "scores": np.random.default_rng(1).normal(size=(1000, 4)).astype(np.float32),
    "many": np.random.default_rng(2).dirichlet(np.arange(1, 21), size=1000),
    "label": np.random.default_rng(3).integers(0, 7, size=1000),
    "flag": np.random.default_rng(4).random((1000, 1)) > 0.9,
    "saturated": np.minimum(np.random.default_rng(5).lognormal(size=(1000, 1)), 1.0).astype(np.float32),
}


def test_the_builds_own_answers_are_counted_as_the_build_counted_them(tmp_path):
    parts = of(ANSWERS, tmp_path)
    assert [(part.output, part.of) for part in parts] == [
        ("scores", "values"),
        ("scores", "classes"),
        ("many", "values"),
        ("many", "classes"),
        ("label", "values"),
        ("flag", "values"),
        ("saturated", "values"),
    ]
    for part in parts:
        rows = built.traced(ANSWERS[part.output])
        assert part.count(rows).tolist() == list(part.expected), part


def test_what_is_no_number_lies_in_the_last_bin(tmp_path):
    [part, _] = of({"scores": ANSWERS["scores"]}, tmp_path)
    assert part.count(np.array([[np.nan, np.inf, -np.inf, 0.0]])).tolist()[-1] == 2


def test_a_window_says_nothing_before_there_are_enough_and_then_forgets(tmp_path):
    window = distributions.Window(of({"scores": ANSWERS["scores"]}, tmp_path))
    rows = ANSWERS["scores"].astype(np.float64)
    window.add("scores", rows[:499].ravel())
    assert [(one.psi, one.samples) for one in window.indexes()] == [(None, 499)] * 2
    window.add("scores", rows[499])
    assert all(one.psi < 0.05 and one.samples == 500 for one in window.indexes())
    window.add("scores", rows[:400].ravel() + 3)
    assert window.indexes()[0].psi > 0.25
    window.add("scores", rows[400:900].ravel())
    window.add("scores", rows[:500].ravel())
    assert all(one.psi < 0.05 and one.samples == 500 for one in window.indexes()), "what drifted has left the window"


@pytest.mark.parametrize(("output", "size"), [("other", 4), ("scores", 3), ("scores", 0)])
def test_what_is_no_answer_of_the_model_is_not_counted(tmp_path, output, size):
    window = distributions.Window(of({"scores": ANSWERS["scores"]}, tmp_path))
    window.add(output, np.zeros(size))
    assert {one.samples for one in window.indexes()} == {0}


def test_an_older_artifact_has_nothing_to_compare_with(tmp_path):
    assert distributions.read(tmp_path) == ()
    assert distributions.Window(()).indexes() == ()


@pytest.mark.parametrize("content", ["", "[]", '{"outputs": [{}]}', json.dumps({"outputs": [{"name": "a"}]})])
def test_what_cannot_be_read_is_told(tmp_path, content):
    (tmp_path / "distribution.json").write_text(content)
    with pytest.raises(distributions.DistributionError, match="cannot be read"):
        distributions.read(tmp_path)
