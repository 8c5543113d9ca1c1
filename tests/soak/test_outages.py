"""The API server away, the operator cut off from it, and how long until all is as before."""

import statistics
import time

import pytest
from edge import clusters, outages, proxying, resources

from model_operator import kinds
from soak import plans, reporting, telling

#: Seconds that an API server is away: longer than any Lease, any call, and the framework's own patience.
LONG = 120.0
#: Seconds until a change is noticed by an operator whose API server is back.
SOON = 20.0
RESTARTS = 5


@pytest.fixture
def served(teller: telling.Teller) -> clusters.Namespace:
    """A namespace in which a model serves, and nothing is left to write."""
    teller.operator.run(teller.proxy, 600)
    told = telling.Told(plans.Plan(), teller.cluster.namespace(), teller.cluster.now())
    teller.live([told])
    assert not told.violations
    return told.namespace


def noticed(namespace: clusters.Namespace) -> float:
    """Delete a child; answers the seconds until it was made anew."""
    uid = namespace.find(kinds.SERVICE, "digits")["metadata"]["uid"]
    namespace.delete(kinds.SERVICE, "digits")
    started = time.monotonic()
    clusters.until(lambda: _uid(namespace) not in {None, uid}, "the Service is back", SOON)
    return time.monotonic() - started


def _uid(namespace: clusters.Namespace) -> str | None:
    found = namespace.find(kinds.SERVICE, "digits")
    return found["metadata"]["uid"] if found else None


def children(namespace: clusters.Namespace) -> dict[str, list[kinds.Manifest]]:
    return {kind.plural: namespace.list(kind) for kind in resources.FAMILY}


def test_an_api_server_that_is_away_for_two_minutes_costs_nothing(plane, teller, served):
    pid, since, before = teller.operator.pid, teller.cluster.now(), children(served)
    with outages.down(plane, teller.cluster):
        time.sleep(LONG)
    assert children(served) == before
    seconds = noticed(served)
    reporting.say(f"away for {LONG:.0f} s: a deletion after it was noticed within {seconds:.1f} s")
    assert teller.operator.pid == pid
    teller.settle()
    assert teller.writes(served.name, since) == ["patch services digits"]


def test_an_operator_that_was_cut_off_for_two_minutes_misses_nothing(teller, served):
    pid, since = teller.operator.pid, teller.cluster.now()
    teller.proxy.turn(proxying.Mode.CUT)
    served.delete(kinds.SERVICE, "digits")
    time.sleep(LONG)
    teller.proxy.turn(proxying.Mode.OPEN)
    started = time.monotonic()
    clusters.until(lambda: _uid(served), "the Service is back", SOON)
    reporting.say(f"cut off for {LONG:.0f} s: back within {time.monotonic() - started:.1f} s")
    assert teller.operator.pid == pid
    teller.settle()
    assert teller.writes(served.name, since) == ["patch services digits"]


def test_the_time_until_it_is_back_is_short(plane, teller, served):
    found = []
    for _ in range(RESTARTS):
        with outages.down(plane, teller.cluster):
            time.sleep(8)
        found.append(noticed(served))
        teller.settle()
    seconds = ", ".join(f"{each:.1f}" for each in sorted(found))
    reporting.say(f"{RESTARTS} restarts of the API server: back after {seconds} s")
    assert statistics.median(found) < SOON / 2
