"""Which load is tried next, and what the tried ones say of a server. Servers here are formulas."""

import pytest

from model_builder import contract
from model_builder.optimizing import capacities


def climb(server, max_batch=32, patience=capacities.PATIENCE):
    """The loads that are tried on a server: of so many at once, how many it answers a second."""
    tried, left = [load(1, server)], patience
    while count := capacities.following(tried, max_batch, left):
        left -= capacities.longest(tried[-1])
        tried.append(load(count, server))
    return tried


def load(count, server):
    return capacities.load(count, max(1, round(server(count))), max(1, round(server(count))) / server(count))


def counts(tried):
    return [one.concurrency for one in tried]


def endless(count):
    """It never has enough."""
    return 100.0 * count


def full_at_eight(count):
    return 100.0 * min(count, 8)


def batching(count):
    """All that wait are joined, which takes as long as one: while one half is executed, the other waits."""
    return 100.0 * max(1, count / 2)


def test_loads_double_until_throughput_grows_by_less_than_a_tenth_twice():
    assert counts(climb(full_at_eight)) == [1, 2, 4, 8, 16, 32]


def test_a_machine_that_is_busy_for_a_second_does_not_end_it():
    tried = climb(lambda count: 100.0 if count == 4 else 100.0 * count)
    assert counts(tried) == [1, 2, 4, 8, 16, 32, 64]


def test_the_knee_is_the_least_load_that_gets_about_as_much_done_as_any():
    assert capacities.knee(climb(full_at_eight)).concurrency == 8


def test_a_growth_of_a_tenth_is_worth_another_load():
    rates = {2: 100.0, 4: 100.0, 8: 109.0}
    hardly = [load(count, rates.__getitem__) for count in rates]
    assert capacities.following(hardly, 32, 8) is None
    rates[8] = 111.0
    grown = [load(count, rates.__getitem__) for count in rates]
    assert capacities.following(grown, 32, 8) == 16


def test_two_at_once_that_take_turns_do_not_end_it():
    tried = climb(batching)
    assert tried[0].requests_per_second == tried[1].requests_per_second
    assert counts(tried) == [1, 2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize(("max_batch", "last"), [(1, 4), (2, 4), (8, 16), (12, 24), (32, 64)], ids=str)
def test_no_more_is_tried_than_one_batch_executed_and_one_waiting(max_batch, last):
    assert counts(climb(endless, max_batch))[-1] == last


def test_a_server_that_is_slower_under_load_is_known_by_its_best():
    tried = climb(lambda count: 400.0 / count)
    assert counts(tried) == [1, 2, 4, 8]
    assert capacities.capacity(tried, 32, 1).requests_per_second == 400


def test_a_load_that_would_not_be_over_in_time_is_not_tried():
    assert counts(climb(lambda _: 0.2)) == [1], "two at once would take ten seconds each"
    assert counts(climb(lambda _: 1.0)) == [1, 2], "two take five seconds of the eight, four would take nine"


def test_the_time_of_all_loads_is_bounded():
    assert sum(capacities.longest(one) for one in climb(endless, 4096)[:-1]) <= capacities.PATIENCE


def test_latency_follows_from_littles_law():
    assert capacities.load(8, 4000, 1.0).latency == 2000


def test_a_full_batch_takes_as_long_as_its_requests_at_the_knee():
    capacity = capacities.capacity(climb(full_at_eight), 32, 1)
    assert capacity == contract.ServerCapacity(
        requests_per_second=800, concurrency=8, latency=10_000, threads=1, max_batch=32, batch_seconds=0.04
    )


def test_figures_have_the_digits_that_another_run_would_show():
    found = capacities.load(3, 1234, 1.0037)
    assert (found.requests_per_second, found.latency) == (1230, 2440)
