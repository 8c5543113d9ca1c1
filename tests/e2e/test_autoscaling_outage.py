"""Prometheus is away for ten minutes: the autoscaler that goes by it says so, and nobody's request is worse for it.

MODELSMITH_OUTAGE_MINUTES=10 make soak
"""

import os
import time

import pytest

from cluster import adding, starting
from cluster import monitoring as monitors
from e2e import loading, manifests, predicting, scaled, smallmodels, waiting

NAME = "followed"
MINUTES = float(os.environ.get("MODELSMITH_OUTAGE_MINUTES", "10"))
MOST = 3


@pytest.fixture(scope="module")
def followed(namespace, monitoring):
    """As many servers as a crowd needs, and the crowd."""
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.model_deployment(NAME, manifests.from_config_map("small"), serving=scaled.serving(MOST)),
    )
    waiting.ready(namespace, NAME)
    active(namespace, "True")
    url = f"http://{predicting.address(namespace, NAME)}/v2/models/{NAME}/infer"
    with loading.Crowd(url, smallmodels.ZERO, pause=0, at_most=60 * MINUTES + 900, clients=scaled.CLIENTS) as crowd:
        waiting.until("more are ready", lambda: scaled.ready(namespace, NAME) >= MOST, 120, namespace)
        yield crowd


def active(namespace, status, reason=""):
    return waiting.condition(namespace, NAME, "AutoscalingActive", status, reason, seconds=180)


@pytest.fixture(scope="module")
def outage(namespace, followed):
    """What was so at the end of it: number of servers whenever it changed, and the ModelDeployment."""
    ours = starting.keeper()
    assert ours.stop("prometheus")
    began = time.monotonic()
    try:
        with scaled.Watcher(namespace, NAME) as seen:
            found = active(namespace, "False", "MetricsUnavailable")
            # Clients hardly ask any more: whoever still measured would take servers away.
            followed.pause = 2.0
            time.sleep(max(0.0, 60 * MINUTES - (time.monotonic() - began)))
            last = namespace.get("mdep", NAME)
    finally:
        adding.up(monitors.ADD_ON, ours)
    return seen, found, last


def test_the_autoscaler_says_in_its_own_words_that_it_measures_nothing(outage):
    _, found, last = outage
    message = waiting.conditions(found)["AutoscalingActive"]["message"]
    assert "FailedGetPodsMetric" in message
    assert "the servers stay as many as they are" in message
    assert waiting.conditions(last)["AutoscalingActive"]["status"] == "False"


def test_the_servers_stay_as_many_and_ready_says_nothing_of_it(outage):
    seen, _, last = outage
    assert [count for _, count in seen.counts] == [MOST]
    assert waiting.conditions(last)["Ready"]["status"] == "True"


def test_when_it_is_back_the_number_follows_the_load_again(namespace, followed, outage):
    active(namespace, "True")
    waiting.until("fewer are wanted", lambda: scaled.wanted(namespace, NAME) < MOST, 180, namespace)


def test_no_request_failed(followed, outage, measured):
    tally = followed.tally
    measured(f"Prometheus away for {MINUTES:g} min: requests, failures", f"{tally.requests}, {len(tally.failures)}")
    assert tally.failures == []
