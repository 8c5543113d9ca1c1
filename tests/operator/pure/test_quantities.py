"""Quantities, as numbers and as Kubernetes spells them."""

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator.api import quantities, types


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        (2, "2"),
        ("2000", "2k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("0", "0"),
        ("0.5Ki", "512"),
        ("100M", "100M"),
        ("2048Mi", "2Gi"),
    ],
)
def test_a_quantity_is_spelt_as_the_api_server_spells_it(written, kept):
    assert quantities.canonical(written) == kept


@given(st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,3})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?\Z"))
def test_spelling_is_settled_and_never_less(written):
    kept = quantities.canonical(written)
    assert quantities.canonical(kept) == kept
    assert 0 <= quantities.value(kept) - quantities.value(written) < 1


@pytest.mark.parametrize("written", ["", "much", "1e9", "-1", "1.2.3", "Gi", "1 Gi", "5miB"])
def test_other_words_are_no_quantities(written):
    with pytest.raises(ValueError, match="not a quantity"):
        quantities.value(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1e3", 1000),
        ("1E3", 1000),
        ("5n", "5e-9"),
        ("2u", "2e-6"),
        (".5", "0.5"),
        ("-1", -1),
        ("1Ei", 2**60),
        (2, 2),
        (0.5, 0.5),
    ],
)
def test_quantities_of_others_are_read_as_they_may_write_them(written, number):
    assert quantities.amount(written) == decimal.Decimal(number)


@pytest.mark.parametrize("written", ["", "much", "1.2.3", "Gi", "1 Gi", "5miB", None, True, {}, []])
def test_what_is_none_is_none_of_others_either(written):
    with pytest.raises(ValueError, match="not a quantity"):
        quantities.amount(written)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (369_000, "369 kB"),
        (12_345_678, "12.3 MB"),
        (999_999, "1.0 MB"),
        (10**13, "10.0 TB"),
        (-1, "0 B"),
        (10**400, "1000000 TB"),
    ],
)
def test_sizes_are_read_at_a_glance(size, words):
    assert quantities.human(size) == words


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30), ("20m", 1200), ("2h", 7200), ("9999999h", 2**31 - 1)])
def test_durations_have_one_unit(written, seconds):
    assert types.seconds(written) == seconds
