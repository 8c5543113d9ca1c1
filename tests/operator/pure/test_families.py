"""Metrics as Prometheus reads them."""

from model_operator import families


def test_a_counter_without_labels_is_there_from_the_first():
    counter = families.Counter("x_total", "Things.")
    assert list(counter.lines()) == ["# HELP x_total Things.", "# TYPE x_total counter", "x_total 0"]


def test_what_is_known_to_come_begins_at_nought():
    """An increase from nothing to 1 is none."""
    counter = families.Counter("x_total", "Things.", "result", known=[("good",), ("bad",)])
    counter.count("bad")
    assert list(counter.lines())[2:] == ['x_total{result="bad"} 1', 'x_total{result="good"} 0']


def test_each_combination_is_a_series():
    counter = families.Counter("x_total", "Things.", "a", "b")
    for values in (("1", "2"), ("1", "3"), ("1", "2")):
        counter.count(*values)
    assert list(counter.lines())[2:] == ['x_total{a="1",b="2"} 2', 'x_total{a="1",b="3"} 1']


def test_each_bucket_holds_what_is_below_it_too():
    histogram = families.Histogram("x_seconds", "Time.", (0.5, 1), "kind")
    for value in (0.2, 0.5, 0.7, 3.0):
        histogram.observe(value, "A")
    assert list(histogram.lines()) == [
        "# HELP x_seconds Time.",
        "# TYPE x_seconds histogram",
        'x_seconds_bucket{kind="A",le="0.5"} 2',
        'x_seconds_bucket{kind="A",le="1"} 3',
        'x_seconds_bucket{kind="A",le="+Inf"} 4',
        'x_seconds_sum{kind="A"} 4.4',
        'x_seconds_count{kind="A"} 4',
    ]


def test_a_histogram_without_labels_is_there_from_the_first():
    histogram = families.Histogram("x_seconds", "Time.", (1,))
    assert list(histogram.lines())[2:] == [
        'x_seconds_bucket{le="1"} 0',
        'x_seconds_bucket{le="+Inf"} 0',
        "x_seconds_sum 0.0",
        "x_seconds_count 0",
    ]


def test_a_family_without_a_sample_still_says_what_it_is():
    assert list(families.gauge("x", "A thing.", ())) == ["# HELP x A thing.", "# TYPE x gauge"]


def test_words_of_the_cluster_cannot_end_a_label():
    assert families.labelled(("a",), ('say "no"\\\n',)) == r'a="say \"no\"\\\n"'
