"""Load comes and goes, and servers with it: Triton, Prometheus, prometheus-adapter and Kubernetes' own autoscaler."""

import time

import pytest

from e2e import lanes, loading, manifests, predicting, scaled, smallmodels, waiting

NAME = "elastic"
MOST = 4
#: As many as leave each server with its target, and not one more.
WANTED = scaled.CLIENTS // scaled.TARGET
UP_WITHIN, DOWN_WITHIN = 45, 180
#: It times how soon servers come.
pytestmark = [lanes.ALONE, pytest.mark.usefixtures("monitoring")]


def wanted(namespace):
    return scaled.wanted(namespace, NAME)


def ready(namespace):
    return scaled.ready(namespace, NAME)


def active(namespace):
    return waiting.conditions(namespace.get("mdep", NAME)).get("AutoscalingActive", {})


@pytest.fixture(scope="module")
def story(namespace, measured):
    """A crowd comes, and goes when as many servers as it needs have been there for a while."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment(NAME, manifests.from_config_map("small"), serving=scaled.serving(MOST)),
    )
    waiting.ready(namespace, NAME)
    waiting.until("the autoscaler works", lambda: active(namespace).get("status") == "True", 90, namespace)
    url = f"http://{predicting.address(namespace, NAME)}/v2/models/{NAME}/infer"
    with (
        scaled.Watcher(namespace, NAME) as seen,
        loading.Crowd(url, smallmodels.ZERO, pause=0, clients=scaled.CLIENTS) as crowd,
    ):
        began = time.monotonic()
        waiting.until("more are ready", lambda: ready(namespace) >= WANTED, 2 * UP_WITHIN, namespace)
        up = time.monotonic() - began
        time.sleep(30)
        most = wanted(namespace)
        began = time.monotonic()
        crowd.pause = 2.0
        waiting.until("one is left", lambda: wanted(namespace) == ready(namespace) == 1, DOWN_WITHIN, namespace)
        down = time.monotonic() - began
    measured(f"load of {scaled.CLIENTS}: {WANTED} servers ready after, one again after", f"{up:.0f} s, {down:.0f} s")
    measured("load: requests, failures", f"{crowd.tally.requests}, {len(crowd.tally.failures)}")
    return seen, crowd.tally, up, most


def test_under_load_there_are_more_servers_in_time(story):
    _, _, up, most = story
    assert up <= UP_WITHIN
    assert most <= MOST


def test_their_number_does_not_flap(story):
    seen, *_ = story
    assert 1 <= seen.changes(1) <= 2, seen.counts
    assert 1 <= seen.changes(-1) <= 2, seen.counts


def test_no_request_fails_on_the_way_up_or_down(story):
    _, tally, *_ = story
    assert tally.failures == []
    assert tally.requests > 1000


def test_the_number_is_nobody_elses(namespace, story):
    namespace.kubectl("scale", f"mdep/{NAME}", "--replicas=3")
    waiting.until(
        "it is told to be ignored",
        lambda: "ReplicasIgnored" in namespace.kubectl("get", "events", "--field-selector=reason=ReplicasIgnored"),
        30,
        namespace,
    )
    assert wanted(namespace) == 1


def test_turned_off_kubectl_scale_decides(namespace, story):
    namespace.patch("mdep", NAME, {"spec": {"serving": {"autoscaling": None}}})
    waiting.gone(namespace, "hpa", NAME)
    namespace.kubectl("scale", f"mdep/{NAME}", "--replicas=2")
    waiting.until("two are wanted", lambda: wanted(namespace) == 2, 30, namespace)
    waiting.ready(namespace, NAME)
