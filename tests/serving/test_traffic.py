import dataclasses

import pytest
from hypothesis import given, strategies

from model_serving.sentinel import traffic

Counts = traffic.Counts
MS = 1_000_000


def look(at, before, after, succeeded=1, failed=0):
    return traffic.Look(at, before and Counts(*before), after and Counts(*after), succeeded, failed)


def played(*looks):
    ledger = traffic.Ledger()
    for one in looks:
        ledger = traffic.account(ledger, one)
    return ledger


#: A golden request a look, of 2 ms each.
QUIET = (look(0, (0, 0, 0), (1, 0, 2 * MS)), look(5, (1, 0, 2 * MS), (2, 0, 4 * MS)))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param((), None, id="nothing seen"),
        pytest.param(QUIET[:1], None, id="one end of a window"),
        pytest.param(QUIET, traffic.Traffic(5, 0, 0, None), id="the sentinel alone"),
        pytest.param(
            (QUIET[0], look(5, (11, 0, 52 * MS), (12, 0, 54 * MS))),
            traffic.Traffic(5, 10, 0, 5.0),
            id="clients between the looks",
        ),
        pytest.param(
            (QUIET[0], look(5, (1, 0, 2 * MS), (5, 0, 10 * MS))),
            traffic.Traffic(5, 3, 0, 2.0),
            id="clients during the golden request: the mean is taken",
        ),
        pytest.param(
            (QUIET[0], look(5, (1, 4, 2 * MS), (1, 5, 2 * MS), succeeded=0, failed=1)),
            traffic.Traffic(5, 0, 4, None),
            id="failures, one of them its own",
        ),
        pytest.param(
            (QUIET[0], look(5, (1, 0, 2 * MS), (2, 0, 4 * MS), succeeded=0, failed=1)),
            traffic.Traffic(5, 0, 0, None),
            id="its own failure, which Triton counts as a success",
        ),
        pytest.param(
            (QUIET[0], look(5, (1, 0, 2 * MS), (1, 0, 2 * MS), succeeded=0, failed=0)),
            traffic.Traffic(5, 0, 0, None),
            id="an invalid golden request, which nobody counts",
        ),
        pytest.param(
            (QUIET[0], look(5, None, None), look(10, (4, 0, 8 * MS), (5, 0, 10 * MS))),
            traffic.Traffic(10, 2, 0, 3.0),
            id="a look without counts: its own request is not a client's",
        ),
        pytest.param(
            (*QUIET, look(10, (0, 0, 0), (1, 0, 2 * MS))), None, id="a model loaded anew begins a window of its own"
        ),
        pytest.param(
            (*QUIET, look(10, (0, 0, 0), (1, 0, 2 * MS)), look(15, (3, 0, 8 * MS), (4, 0, 10 * MS))),
            traffic.Traffic(5, 2, 0, 3.0),
            id="and is counted from there",
        ),
        pytest.param(
            (*QUIET, look(63, (2, 0, 4 * MS), (3, 0, 6 * MS))),
            traffic.Traffic(58, 0, 0, None),
            id="what is older than a minute is forgotten",
        ),
    ],
)
def test_the_window_is(looks, expected):
    assert traffic.window(played(*looks)) == expected


def every(seconds, last, requests, milliseconds=2):
    """Looks at this pace, each after so many requests of clients; all of one look's without a request of its own."""
    looks = []
    for number, at in enumerate(range(0, last + 1, seconds)):
        raw = (number * requests, 0, number * requests * milliseconds * MS)
        looks.append(look(at, raw, raw, succeeded=0))
    return looks


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param((), None, id="nothing seen"),
        pytest.param(every(5, 0, 3), None, id="one end of a window"),
        pytest.param(every(5, 25, 3), traffic.Traffic(25, 15, 0, 2.0), id="less than ten minutes"),
        pytest.param(every(5, 1800, 3), traffic.Traffic(600, 360, 0, 2.0), id="ten minutes of half an hour"),
        pytest.param(
            [*every(5, 1800, 3), look(1805, (0, 0, 0), (0, 0, 0), succeeded=0)], None, id="a model loaded anew"
        ),
    ],
)
def test_the_long_window_is(looks, expected):
    assert traffic.long_window(played(*looks)) == expected


def test_the_long_window_costs_no_more_than_its_ends():
    assert len(played(*every(5, 7200, 3)).strides) <= traffic.LONG / traffic.STRIDE + 1


@given(strategies.lists(strategies.tuples(strategies.integers(0, 50), strategies.integers(0, 50)), max_size=40))
def test_whatever_clients_do_none_of_them_is_missed(steps):
    """Clients come between the looks and during them; golden requests take as long as theirs."""
    raw, looks = Counts(), []
    for number, (between, during) in enumerate(steps):
        before = raw + Counts(between, 0, between * MS)
        raw = before + Counts(during + 1, 0, (during + 1) * MS)
        looks.append(traffic.Look(float(number), before, raw, succeeded=1))
    ledger = played(*looks)
    assert ledger.others(raw.succeeded) == sum(map(sum, steps))
    seen = traffic.window(ledger)
    if len(steps) > 1:
        assert seen.succeeded == sum(map(sum, steps[1:]))
        assert seen.mean_ms == (1.0 if seen.succeeded else None)
        assert dataclasses.astuple(seen)[0] == len(steps) - 1
