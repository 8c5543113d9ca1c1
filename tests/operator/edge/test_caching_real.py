"""Caches that cannot lie, with a real API server behind a proxy that loses, doubles and breaks what it is told to."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge import clusters, faults, outages, processes, proxying, resources, test_calm

from cluster import controlplane
from model_operator import kinds

What, Place, Fault = faults.What, faults.Place, faults.Fault
RESYNC = "MODELSMITH_RESYNC_SECONDS"
#: Seconds in which a gap must be noticed without a resync, which comes every ten minutes: the framework's pause, its
#: LIST, and ours a second later. A laden machine is slower.
SOON = 20.0


@pytest.fixture(scope="module")
def proxy(plane: controlplane.ControlPlane, cluster: clusters.Cluster) -> Iterator[proxying.Proxy]:
    """Between the operator and the API server."""
    with proxying.Proxy(cluster, plane.directory / "pki") as made:
        yield made


@pytest.fixture(scope="module")
def through(process: processes.Operator, proxy: proxying.Proxy) -> Iterator[Path]:
    """A kubeconfig that leads through the proxy. The session's operator is stopped before and after."""
    process.stop()
    yield proxy.kubeconfig(process.kubeconfig)
    process.stop()


@pytest.fixture
def watched(process: processes.Operator, proxy: proxying.Proxy, through: Path) -> Iterator[proxying.Proxy]:
    """An operator that sees the API server through the proxy alone, and resyncs every ten minutes."""
    if not process.running:
        process.start(KUBECONFIG=str(through))
    yield proxy
    proxy.armed.clear()
    proxy.page = 0


@pytest.fixture
def served(watched: proxying.Proxy, process: processes.Operator, namespace: clusters.Namespace) -> clusters.Namespace:
    """A namespace in which `digits` serves, and nothing is left to write."""
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    test_calm.settled(process)
    return namespace


def delete_service(namespace: clusters.Namespace) -> str:
    """Delete a child behind the operator's back; answers its uid."""
    uid = namespace.find(kinds.SERVICE, "digits")["metadata"]["uid"]
    namespace.delete(kinds.SERVICE, "digits")
    return uid


def until_back(namespace: clusters.Namespace, uid: str) -> None:
    def other() -> bool:
        found = namespace.find(kinds.SERVICE, "digits")
        return found is not None and found["metadata"]["uid"] != uid

    clusters.until(other, "the deletion was noticed, and the Service made anew", SOON)


def until_watched(proxy: proxying.Proxy, plural: str) -> None:
    """An operator that is ready has listed; what happens before its watch begins, no event tells."""
    clusters.until(
        lambda: any((call.verb, call.plural) == ("watch", plural) for call in proxy.calls), f"{plural} are watched"
    )


LOST = {
    "the stream breaks in the middle of the event": Fault(What.CUT, Place("DELETED", "services")),
    "the stream says 410 instead of the event": Fault(What.EXPIRE, Place("DELETED", "services")),
    "the stream says 500 instead of the event": Fault(What.FAIL, Place("DELETED", "services")),
    "the stream breaks, and cannot be opened again: 410": Fault(
        What.CUT, Place("DELETED", "services"), then=Fault(What.REFUSE, Place("watch", "services"), 410)
    ),
    "the stream breaks, and the API server is overloaded": Fault(
        What.CUT, Place("DELETED", "services"), then=Fault(What.REFUSE, Place("watch", "services", times=2), 429, 1)
    ),
    "the stream breaks, and a load balancer answers": Fault(
        What.CUT, Place("DELETED", "services"), then=Fault(What.REFUSE, Place("watch", "services", times=2), 503)
    ),
    "the stream says 410, and so does the second page of the LIST": Fault(
        What.EXPIRE, Place("DELETED", "services"), then=Fault(What.REFUSE, Place("continue", "services"), 410)
    ),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_deletion_is_noticed_when(fault, served, process, watched):
    watched.page = 1
    watched.armed.arm(fault, served.name)
    pid = process.pid
    until_back(served, delete_service(served))
    assert process.pid == pid
    assert watched.armed.struck[served.name] == 1


def test_a_deletion_whose_event_never_comes_is_noticed_by_the_next_resync(served, process, watched, through):
    watched.calls.clear()
    process.restart(**{RESYNC: "2"}, KUBECONFIG=str(through))
    until_watched(watched, "services")
    watched.armed.arm(Fault(What.DROP, Place("DELETED", "services")), served.name)
    until_back(served, delete_service(served))
    # Of the event and the LIST the latter may come first.
    clusters.until(lambda: watched.armed.struck[served.name] == 1, "the event was sent, and dropped")
    assert process.stop() == 0


def test_a_watch_that_fails_for_good_ends_the_process(served, process, watched):
    """Blind it must not go on; and the framework, left alone, would neither work nor end."""
    watched.armed.arm(Fault(What.HANG, Place("watch", "modelbuilds")))
    watched.cut()
    watched.armed.arm(Fault(What.FAIL, Place("MODIFIED", "modeldeployments")), served.name)
    served.patch(kinds.MODEL_DEPLOYMENT, "digits", {"metadata": {"annotations": {"test": "changed"}}})
    clusters.until(lambda: process.pid is None, "the process ended", SOON)
    assert process.stop() == 1


def test_what_comes_twice_is_done_once(watched, process, namespace):
    for plural in (kind.plural for kind in kinds.EVERY):
        for event in faults.EVENTS:
            watched.armed.arm(Fault(What.DUPLICATE, Place(event, plural, times=1000)), namespace.name)
    since = process.cluster.now()
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    resources.make_ready(namespace, "digits")
    test_calm.settled(process)
    assert watched.armed.struck[namespace.name] > 10
    made = [line for line in process.writes(since) if "/status" not in line and " events " not in line]
    assert len(made) == len(set(made)), made


def test_a_watch_that_is_silent_for_a_while_loses_nothing(served, process, watched):
    watched.turn(proxying.Mode.SILENT)
    uid = delete_service(served)
    time.sleep(2)
    assert served.find(kinds.SERVICE, "digits") is None
    watched.turn(proxying.Mode.OPEN)
    until_back(served, uid)


def test_an_operator_that_was_cut_off_comes_back_and_misses_nothing(served, process, watched):
    pid, since = process.pid, process.cluster.now()
    watched.turn(proxying.Mode.CUT)
    uid = delete_service(served)
    time.sleep(5)
    watched.turn(proxying.Mode.OPEN)
    until_back(served, uid)
    test_calm.settled(process)
    assert process.pid == pid
    children = [line for line in process.writes(since) if "/status" not in line and " events " not in line]
    assert children == [f"patch services {served.name}/digits"]


def test_an_api_server_that_was_down_finds_the_operator_there_and_nothing_changed(plane, served, process, watched):
    pid, since = process.pid, process.cluster.now()
    before = {kind: served.list(kind) for kind in resources.FAMILY}
    with outages.down(plane, process.cluster):
        time.sleep(10)
    assert {kind: served.list(kind) for kind in resources.FAMILY} == before
    uid = delete_service(served)
    until_back(served, uid)
    test_calm.settled(process)
    assert process.pid == pid
    children = [line for line in process.writes(since) if "/status" not in line and " events " not in line]
    assert children == [f"patch services {served.name}/digits"]


#: Before anything else is imported: whoever asks this process for the time of day gets it wrong.
SKEWED = """
import datetime, time
by, exact = datetime.timedelta(hours={hours}), time.time
class Skewed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + by
datetime.datetime = Skewed
time.time = lambda: exact() + by.total_seconds()
"""


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_an_hour_wrong_is_seen_in_what_it_tells_alone(hours, process, namespace, monkeypatch):
    process.stop()
    monkeypatch.setattr(processes, "_LAUNCH", SKEWED.format(hours=hours) + processes._LAUNCH)
    process.start(**{RESYNC: "1"})
    resources.provide_source(namespace)
    resources.deploy(namespace, "digits")
    resources.build(namespace)
    found = resources.make_ready(namespace, "digits")
    said = dt.datetime.fromisoformat(resources.condition(found, "Ready")["lastTransitionTime"])
    assert abs(said - dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)) < dt.timedelta(minutes=5)
    since, before = test_calm.settled(process), test_calm.resyncs(process)
    clusters.until(lambda: test_calm.resyncs(process) >= before + 3, "three more resyncs are done")
    assert process.writes(since) == []
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    clusters.until(lambda: not resources.leftovers(namespace), "all is gone")
    process.stop()
