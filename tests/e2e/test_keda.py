"""KEDA's own operator: from no server to one and back without a lost request, from one engine to the other, and away.

One story, in order: each test is what happens next.
"""

import concurrent.futures
import json
import time
import urllib.request

import pytest

from cluster import adding, definitions, keda, starting
from e2e import buffering, kube, manifests, predicting, scaled, smallmodels, waiting
from model_operator import names

NAME, SWITCHED = "sleepy", "switched"
SERVERS = f"{names.DEPLOYMENT_LABEL}={NAME}"
CLIENTS = 8
#: Seconds between two looks of KEDA, unless it is told otherwise.
LOOKS_EVERY = 15
#: KEDA looks every 15 s, Prometheus scrapes every 5; the model's servers are ready within ten or so.
AWAKE_WITHIN, ASLEEP_WITHIN = 90, 180
ZERO_TO_ONE = {
    "engine": "keda",
    "minReplicas": 0,
    "maxReplicas": 1,
    "scaleDownAfter": "30s",
    "queries": [{"query": f"sum({buffering.HELD})", "target": str(CLIENTS), "activation": "0"}],
}
#: Long, so that only a change of hands could change the number.
LASTING = {"minReplicas": 1, "maxReplicas": 3, "pendingRequests": {"target": 8}, "scaleDownAfter": "20m"}
COUNT = 2
pytestmark = pytest.mark.usefixtures("monitoring", "engine")


@pytest.fixture(scope="module")
def engine(cluster):
    """KEDA's operator and adapter beside the cluster, for this file."""
    ours = starting.keeper()
    adding.up(keda.ADD_ON, ours)
    yield
    adding.down(keda.ADD_ON, ours)


@pytest.fixture(scope="module")
def asleep(namespace, engine):
    """A model whose last server has gone, because nobody asked."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment(
            NAME, manifests.from_config_map("small"), serving={"replicas": 1, "autoscaling": ZERO_TO_ONE}
        ),
    )
    waiting.ready(namespace, NAME)
    path = f"/v2/models/{NAME}/infer"
    with buffering.gateway(predicting.address(namespace, NAME), path) as gateway:
        sleeps(namespace)
        yield gateway


def sleeps(namespace):
    """Until it is scaled to nought, and its last server, which answers whoever still comes while it ends, has gone."""
    waiting.condition(namespace, NAME, "Ready", "True", "ScaledToZero", seconds=ASLEEP_WITHIN)
    waiting.until("no server is left", lambda: not namespace.list("pods", SERVERS), ASLEEP_WITHIN, namespace)


def ask(gateway, seconds=0.0):
    """Statuses of one client's requests: one, or one after another for so long."""
    deadline, statuses = time.monotonic() + seconds, []
    while not statuses or time.monotonic() < deadline:
        asked = urllib.request.Request(f"http://{gateway.address}/", json.dumps(smallmodels.ZERO).encode())
        with urllib.request.urlopen(asked, timeout=buffering.PATIENCE + 10) as answer:  # noqa: S310 - our own http URL
            statuses.append(answer.status)
    return statuses


def crowd(gateway, seconds):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        return [status for each in clients.map(lambda _: ask(gateway, seconds), range(CLIENTS)) for status in each]


def test_without_requests_there_is_no_server_and_that_is_well(namespace, asleep):
    assert scaled.wanted(namespace, NAME) == 0
    said = waiting.current(namespace.get("mdep", NAME))
    assert said["Available"]["status"] == "False"
    assert predicting.mark(namespace, NAME) is None


def test_requests_wake_it_none_is_lost_and_it_stays_while_it_loads(namespace, asleep, measured):
    with scaled.Watcher(namespace, NAME) as seen:
        began = time.monotonic()
        statuses = crowd(asleep, seconds=0)
        awake = time.monotonic() - began
        statuses += crowd(asleep, seconds=20)
    measured(f"keda: {CLIENTS} requests held, from zero to the last answer", f"{awake:.0f} s")
    measured("keda: requests, failures", f"{len(statuses)}, {sum(status != 200 for status in statuses)}")
    assert set(statuses) == {200}
    assert awake <= AWAKE_WITHIN
    assert [count for _, count in seen.counts] == [0, 1]


def test_when_nobody_asks_any_more_it_sleeps_again(namespace, asleep, measured):
    began = time.monotonic()
    waiting.condition(namespace, NAME, "Ready", "True", "ScaledToZero", seconds=ASLEEP_WITHIN)
    measured("keda: from the last request to no server", f"{time.monotonic() - began:.0f} s")
    # Thirty seconds from KEDA's last look that found somebody, which may be a look's interval before the last request.
    assert time.monotonic() - began >= 30 - LOOKS_EVERY


@pytest.fixture(scope="module")
def switched(namespace, asleep):
    """Two servers, scaled by Kubernetes' own autoscaler."""
    serving = {"replicas": COUNT, "autoscaling": {"engine": "hpa", **LASTING}}
    namespace.apply(manifests.model_deployment(SWITCHED, manifests.from_config_map("small"), serving=serving))
    waiting.ready(namespace, SWITCHED)
    active(namespace, "Scaling")
    return namespace


def active(namespace, reason, status="True", seconds=120):
    return waiting.condition(namespace, SWITCHED, "AutoscalingActive", status, reason, seconds=seconds)


@pytest.mark.parametrize(("engine_", "gone"), [("keda", ("hpa", SWITCHED)), ("hpa", ("scaledobject", SWITCHED))])
def test_from_one_engine_to_the_other_the_servers_stay(switched, engine_, gone):
    with scaled.Watcher(switched, SWITCHED) as seen:
        switched.patch("mdep", SWITCHED, {"spec": {"serving": {"autoscaling": {"engine": engine_}}}})
        waiting.gone(switched, *gone)
        active(switched, "Scaling")
        time.sleep(20)
    assert [count for _, count in seen.counts] == [COUNT]
    status = switched.get("mdep", SWITCHED)["status"]
    assert status["autoscaling"]["engine"] == engine_


def test_without_kedas_kinds_it_is_told_and_the_servers_stay(switched):
    switched.patch("mdep", SWITCHED, {"spec": {"serving": {"autoscaling": {"engine": "keda"}}}})
    waiting.until("KEDA scales", lambda: switched.find("scaledobject", SWITCHED), 60, switched)
    active(switched, "Scaling")
    kinds = [f"--filename={path}" for path in definitions.keda()]
    try:
        kube.kubectl("delete", "--ignore-not-found", "--timeout=120s", *kinds, patience=150)
        said = waiting.current(active(switched, "KedaMissing", status="False"))
        assert said["Ready"]["status"] == "True"
        assert scaled.wanted(switched, SWITCHED) == COUNT
        assert predicting.mark(switched, SWITCHED) == 1
    finally:
        kube.kubectl("apply", "--server-side", "--force-conflicts", *kinds, patience=120)
        kube.kubectl("wait", "--for=condition=Established", "--timeout=60s", *kinds, patience=90)


def test_when_they_are_back_so_is_the_autoscaler(switched):
    waiting.until("KEDA is asked again", lambda: switched.find("scaledobject", SWITCHED), 120, switched)
    active(switched, "Scaling", seconds=240)
    assert scaled.wanted(switched, SWITCHED) == COUNT
