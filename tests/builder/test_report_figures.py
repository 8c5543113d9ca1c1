"""Charts keep their proportions, and numbers are written for people."""

import itertools

import pytest

from model_builder import contract
from model_builder.reporting import charts, figures, views


@pytest.mark.parametrize(
    ("scale", "labels"),
    [
        (charts.Scale(0.972, 0.999), ["0.975", "0.98", "0.985", "0.99", "0.995"]),
        (charts.Scale(-0.7, 1.2), ["−0.5", "0", "0.5", "1"]),  # noqa: RUF001 - as it is printed
        (charts.Scale(30, 300, logarithmic=True), ["50", "100", "200"]),
        (charts.Scale(1, 1e6, logarithmic=True), ["1", "10", "100", "1000", "10000", "100000", "1e+06"]),
    ],
)
def test_an_axis_is_labelled_at_round_values(scale, labels):
    assert [tick.label for tick in charts.ticks(scale)] == labels


def test_a_histogram_keeps_the_share_of_every_bin():
    edges, counts = [10.0, 20.0, 40.0, 80.0], [1, 6, 3]
    histogram = contract.Histogram(edges=edges, counts=counts)
    scale = charts.Scale(10, 80, logarithmic=True)
    outline = charts.steps(scale, histogram, 30, charts.peak(histogram)).outline
    points = [tuple(map(float, point.split(","))) for point in outline.split()]
    areas = [(b[0] - a[0]) * (100 - a[1]) for a, b in itertools.pairwise(points[1:-1]) if a[1] == b[1]]
    assert [area / sum(areas) for area in areas] == pytest.approx([0.1, 0.6, 0.3], abs=1e-3)


@pytest.mark.parametrize(("rate", "printed"), [(5210.0, "5,210"), (100.0, "100"), (48.1, "48.1"), (0.52, "0.52")])
def test_a_rate_has_three_digits(rate, printed):
    assert figures.thousands(rate) == printed


def test_calls_that_are_not_drawn_are_counted():
    histogram = contract.Histogram(edges=[10, 20, 40, 80, 8000], counts=[400, 400, 199, 1])
    scale = charts.spans([histogram])
    assert scale.high == 80
    assert charts.steps(scale, histogram, 20, 1).left_out == 1


def test_equal_latencies_and_no_latencies_are_no_accident():
    one = contract.Histogram(edges=[10, 10.5], counts=[7])
    latency = contract.Latency(batch=1, calls=7, p50=10, p90=10, p99=10, histogram=one)
    assert views.timing([("server", latency)]).series[0].steps.outline
    none = latency.model_copy(update={"histogram": contract.Histogram(edges=[10, 10.5], counts=[0])})
    assert views.timing([("server", none)]) is None


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (figures.points(0.0), "0.0"),
        (figures.points(-0.00001), "−0.001"),  # noqa: RUF001 - as it is printed
        (figures.points(0.0123), "1.2"),
        (figures.percent(0.27), "27 %"),
        (figures.percent(0.004), "0.4 %"),
        (figures.times(12.34), "12.3"),
        (figures.duration(41.16), "41.2 µs"),
        (figures.duration(999.6), "1.00 ms"),
        (figures.duration(2_500_000), "2.50 s"),
        (figures.tick_duration(2000), "2 ms"),
        (figures.error(0.46), "0.46"),
        (figures.error(0), "0"),
        (figures.error(1.44e-6), "1.4 × 10⁻⁶"),  # noqa: RUF001 - as it is printed
        (figures.count(1, "sample"), "1 sample"),
        (figures.count(1600, "sample"), "1,600 samples"),
    ],
)
def test_numbers_are_written_for_people(made, text):
    assert made == text
