"""Figures as people read them, from reports that may say anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure import making

from model_builder import contract
from model_operator import kinds
from model_operator.api import build, types
from model_operator.builds import figures

INT8 = contract.Report.model_validate_json(making.report(**making.QUANTIZED))
FLOAT = contract.Report.model_validate_json(making.report())


def estimate(value, low, high):
    return contract.Estimate(value=value, low=low, high=high)


def drop(value):
    made = contract.Drop(value=value, low=value, high=value, mode=contract.Mode.ALONE, worse=0, better=0)
    return {contract.Metric.ACCURACY: made}


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.00222, "-0.2 pt"), (0.0, "0.0 pt"), (-0.0022, "+0.2 pt"), (0.0004, "0.0 pt"), (0.25, "-25.0 pt")],
)
def test_delta_is_the_drop_with_the_other_sign_in_points(value, printed):
    assert figures.delta(drop(value)) == printed


def test_without_an_evaluation_nothing_is_said_of_accuracy():
    assert figures.delta({}) == ""
    assert figures.accuracy({}) == ""


def test_speedup_carries_the_wider_half_of_its_interval():
    assert figures.speedup(INT8) == "1.63x ±0.08"


def test_a_speedup_that_was_not_measured_says_so():
    assert figures.speedup(INT8.model_copy(update={"speedup": None})) == "notMeasured"


def test_the_float_graph_is_as_fast_as_itself():
    assert figures.speedup(FLOAT) == "1x"


def test_of_an_unknown_candidate_nothing_is_said():
    assert figures.speedup(FLOAT.model_copy(update={"candidates": []})) == ""


def test_a_size_is_told_beside_the_float_graphs():
    assert figures.relative_size(INT8) == "0.27x"
    assert figures.relative_size(FLOAT) == ""


def test_what_is_slower_is_not_called_faster():
    slower = INT8.model_copy(update={"speedup": estimate(0.81, 0.79, 0.83)})
    assert figures.speedup(slower) == "0.81x ±0.02"


def capacity(**others):
    return figures.capacity(INT8.capacity.model_copy(update=others))


def test_capacity_is_told_in_whole_numbers():
    told = types.Capacity(requests_per_second=5210, batch_microseconds=6140, max_batch_size=32)
    assert capacity() == told


def test_a_report_without_a_capacity_tells_none():
    assert figures.capacity(FLOAT.capacity) is None


@pytest.mark.parametrize("field", ["requests_per_second", "batch_seconds"])
@pytest.mark.parametrize("value", [0.0, -1.0, 1e300, float("nan"), float("inf")])
def test_of_a_capacity_that_cannot_be_nothing_is_told(field, value):
    assert capacity(**{field: value}) is None


@pytest.mark.parametrize("samples", [0, -1, 10**400])
def test_of_a_batch_that_cannot_be_nothing_is_told(samples):
    assert capacity(max_batch=samples) is None


def test_the_summary_tells_the_capacity_of_a_server():
    assert "1.63x ±0.08 as fast, 5,210 req/s a server" in summary_of(capacity())
    assert "less than 1 req/s a server" in summary_of(capacity(requests_per_second=0.2))
    assert "req/s" not in summary_of(None)


def summary_of(told):
    artifact = making.serving().find(kinds.MODEL_BUILD)["status"]["artifact"]
    built = build.BuildArtifact.model_validate({**artifact, "speedup": "1.63x ±0.08", "capacity": told})
    return figures.summary(built, [])


@given(rate=st.floats(), seconds=st.floats(), samples=st.integers(-(10**400), 10**400))
def test_no_capacity_is_large_or_negative_whatever_a_report_says(rate, seconds, samples):
    told = capacity(requests_per_second=rate, batch_seconds=seconds, max_batch=samples)
    assert told is None or all(0 <= figure < 2**53 for figure in told.model_dump().values())


@given(value=st.floats(), low=st.floats(), high=st.floats(), size=st.integers(-(10**400), 10**400))
def test_no_figure_is_long_or_strange_whatever_a_report_says(value, low, high, size):
    told = estimate(value, low, high)
    report = INT8.model_copy(update={"speedup": told, "size": size, "float_size": 1})
    printed = [
        figures.accuracy({contract.Metric.ACCURACY: told}),
        figures.delta(drop(value)),
        figures.speedup(report),
        figures.relative_size(report),
    ]
    assert all(len(text) <= 32 and "nan" not in text and "inf" not in text for text in printed)


def test_notes_are_kept_few_and_short():
    told = figures.notes(INT8.model_copy(update={"notes": ["a\nb", "x" * 10_000, "c", "d", "e"]}))
    assert (told[0], len(told)) == ("a b", 4)
    assert all(len(note.encode()) <= 300 for note in told)


def test_what_a_person_should_know_besides_is_said_last():
    world = making.serving()
    artifact = world.find(kinds.MODEL_BUILD)["status"]["artifact"]
    noted = build.BuildArtifact.model_validate({**artifact, "notes": ["Answers depend on others."]})
    assert figures.summary(noted, []).endswith(". Answers depend on others.")
