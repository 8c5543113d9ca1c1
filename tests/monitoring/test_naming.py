"""The comparing itself: what an expression names, and what of it there is not."""

import pytest

from monitoring import naming


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", {"up"}),
        ('sum by (pod) (rate(nv_inference_count{model="rate_of", pod=~"a|b"}[5m]))', {"nv_inference_count"}),
        ("max(a:b:sum) > 0.5 * on (x) group_left (y) c_d offset 10m", {"a:b:sum", "c_d"}),
        ('label_replace(one or two unless three, "a", "$1", "b", "(.*)") / 1e6', {"one", "two", "three"}),
        ("histogram_quantile(0.5, sum by (le) (increase(x_seconds_bucket[1h])))", {"x_seconds_bucket"}),
    ],
)
def test_an_expression_names_its_metrics_and_nothing_else(expression, names):
    assert naming.named(expression) == names


def test_what_there_is_not_is_told():
    assert naming.missing(["rate(here[5m]) / rate(gone[5m])"], {"here"}) == {"gone"}


def test_a_part_of_a_histogram_is_there_when_its_family_is():
    assert naming.missing(["x_seconds_bucket", "x_seconds_sum", "x_seconds_count"], {"x_seconds"}) == set()


def test_families_are_read_off_a_scrape():
    assert naming.scraped('# HELP a words\n# TYPE a counter\na{b="c"} 1\n# TYPE d gauge\n') == {"a", "d"}


def test_metrics_are_read_off_a_page_with_or_without_their_labels():
    page = "| `modelsmith_a_total{kind,result}` | words |\n| `modelsmith_b` | `modelsmith_c{reason}` |"
    assert naming.documented(page) == {"modelsmith_a_total", "modelsmith_b", "modelsmith_c"}
