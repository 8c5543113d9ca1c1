"""The API server away, a replica cut off from it or killed, and how long until all is as before.

The replicas have a Lease, as the chart installs them, and a kubelet starts again what ends: two minutes without an API
server are longer than a leader may lead unheard, so it ends by its own rule.
"""

import datetime as dt
import signal
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from edge import clusters, outages, proxying, resources

from model_operator import electing, kinds
from soak import replicas, reporting

TERMS = electing.Terms()
#: Seconds that an API server is away: longer than any Lease, any call, and the framework's own patience.
LONG = 120.0
#: Seconds until another replica writes, when its leader goes.
SOON = 20.0
#: Where nobody saw the Lease unchanged before: the API server was away, or it was one's own.
LATER = SOON + TERMS.lease
RESTARTS = 5
Install = Callable[..., replicas.Installation]


@pytest.fixture
def install(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Makes installations; they end with the test."""
    made: list[replicas.Installation] = []

    def make(*accounts: str) -> replicas.Installation:
        made.append(replicas.Installation(cluster.namespace(), tmp_path_factory.mktemp("replicas"), accounts))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def delete_service(namespace: clusters.Namespace) -> str:
    """Delete a child; answers its uid."""
    uid = namespace.find(kinds.SERVICE, "digits")["metadata"]["uid"]
    namespace.delete(kinds.SERVICE, "digits")
    return uid


def seconds_until_back(namespace: clusters.Namespace, uid: str, patience: float) -> float:
    """From now until the child was made anew."""

    def other() -> bool:
        found = namespace.find(kinds.SERVICE, "digits")
        return found is not None and found["metadata"]["uid"] != uid

    started = time.monotonic()
    clusters.until(other, "the Service is back", patience)
    return time.monotonic() - started


def children(installed: replicas.Installation) -> dict[str, list[kinds.Manifest]]:
    return {kind.plural: installed.namespace.list(kind) for kind in resources.FAMILY}


def test_an_api_server_that_is_away_for_two_minutes_costs_nothing(plane, cluster, install):
    pair, sole = install("one", "two"), install("only")
    for each in (pair, sole):
        each.serve()
    before, since = [children(each) for each in (pair, sole)], dt.datetime.now(dt.UTC)
    with replicas.kept(*pair.replicas, *sole.replicas):
        with outages.down(plane, cluster):
            time.sleep(LONG)
        assert [children(each) for each in (pair, sole)] == before
        uids = [delete_service(each.namespace) for each in (pair, sole)]
        two = seconds_until_back(pair.namespace, uids[0], LATER)
        one = two + seconds_until_back(sole.namespace, uids[1], LATER)
        for each in (pair, sole):
            each.settle()
            assert each.wrote_after(since) == ["patch services digits"]
        assert [each.codes for each in (*pair.replicas, *sole.replicas)] == [[1], [], [1]]
        assert "nothing more is written" in pair.leader.log.read_text()
    reporting.say(
        f"API server away for {LONG:.0f} s: two replicas wrote {two:.1f} s after it was back, one {one:.1f} s"
    )


def test_a_leader_that_is_cut_off_for_two_minutes_is_followed_and_comes_back_as_a_standby(plane, cluster, install):
    pair = install("one", "two")
    with proxying.Proxy(cluster, plane.directory / "pki") as proxy:
        pair.serve(proxy.kubeconfig(pair.leader.kubeconfig))
        with replicas.kept(*pair.replicas):
            since = dt.datetime.now(dt.UTC)
            proxy.turn(proxying.Mode.CUT)
            seconds = seconds_until_back(pair.namespace, delete_service(pair.namespace), SOON)
            time.sleep(LONG - seconds)
            proxy.turn(proxying.Mode.OPEN)
            clusters.until(pair.leader._ready, "it stands by")
            pair.settle()
            assert pair.leader.wrote_after(since) == []
            assert pair.wrote_after(since) == ["patch services digits"]
            assert [each.codes for each in pair.replicas] == [[1], []]
            assert not pair.leader.leads
    reporting.say(f"leader cut off for {LONG:.0f} s: the other wrote within {seconds:.1f} s, the leader nothing")


def test_a_sole_replica_that_is_killed_waits_for_its_own_lease(install):
    sole = install("only")
    sole.serve()
    with replicas.kept(*sole.replicas):
        since = dt.datetime.now(dt.UTC)
        sole.leader.send(signal.SIGKILL)
        seconds = seconds_until_back(sole.namespace, delete_service(sole.namespace), LATER)
        sole.settle()
        assert sole.wrote_after(since) == ["patch services digits"]
    reporting.say(f"sole replica killed: it wrote again within {seconds:.1f} s")
    assert seconds > TERMS.renew


def test_the_time_until_it_is_back_is_short(plane, cluster, install):
    pair, found = install("one", "two"), []
    pair.serve()
    with replicas.kept(*pair.replicas):
        for _ in range(RESTARTS):
            with outages.down(plane, cluster):
                time.sleep(8)
            found.append(seconds_until_back(pair.namespace, delete_service(pair.namespace), LATER))
            pair.settle()
    seconds = ", ".join(f"{each:.1f}" for each in sorted(found))
    reporting.say(f"{RESTARTS} restarts of the API server: back after {seconds} s")
    assert statistics.median(found) < SOON / 2
