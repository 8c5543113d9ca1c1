"""Twenty minutes of harm by a seed, under clients: at the end all is as it is wanted, and nothing is left over.

Requests may fail in it (a server is ended without a word while the API server is away); how many did is told.

    MODELSMITH_CHAOS_SEED=7 MODELSMITH_CHAOS_MINUTES=20 make chaos
"""

import os
import time

import pytest

from e2e import chaos, installing, loading, manifests, predicting, smallmodels, waiting

MODELS = ["alpha", "beta", "gamma"]
SEED = int(os.environ.get("MODELSMITH_CHAOS_SEED", "1"))
MINUTES = float(os.environ.get("MODELSMITH_CHAOS_MINUTES", "20"))
#: Seconds between two strikes.
BETWEEN = (5, 15)
#: And from the last to when all must be well: a Job that was cut off is tried again after a while.
SETTLES = 420


@pytest.fixture(scope="module")
def struck(namespace, measured):
    """The harm that was done, and what the clients of one model saw."""
    namespace.apply(*(manifests.config_map(f"small-{mark}", smallmodels.files(mark)) for mark in (1, 2)))
    source = manifests.from_config_map("small-1")
    namespace.apply(*(manifests.model_deployment(name, source, serving={"replicas": 2}) for name in MODELS))
    for name in MODELS:
        waiting.ready(namespace, name)
    harm = chaos.Chaos(SEED, namespace, installing.NAMESPACE, MODELS)
    url = f"http://{predicting.address(namespace, 'alpha')}/v2/models/alpha/infer"
    ends = time.monotonic() + 60 * MINUTES
    with loading.Crowd(url, smallmodels.ZERO, pause=0.5, at_most=60 * MINUTES + 300) as crowd:
        while time.monotonic() < ends:
            print(f"{60 * MINUTES - ends + time.monotonic():6.0f} s: {harm.strike()}", flush=True)  # noqa: T201 - the story
            time.sleep(harm.random.randint(*BETWEEN))
    measured(f"chaos, seed {SEED}, {MINUTES:g} min: strikes", str(len(harm.done)))
    measured("chaos: requests, failures", f"{crowd.tally.requests}, {len(crowd.tally.failures)}")
    return harm


def test_all_are_ready(namespace, struck):
    for name in MODELS:
        waiting.ready(namespace, name, seconds=SETTLES)


def test_each_serves_the_model_that_was_asked_for_last(namespace, struck):
    for name in MODELS:
        assert predicting.mark(namespace, name) == struck.asked(name)


def test_nothing_is_left_over(namespace, struck):
    def settled() -> bool:
        deployments = {one["metadata"]["name"] for one in namespace.list("deployments")}
        wanted = {one["metadata"]["name"]: one["spec"]["serving"]["replicas"] for one in namespace.list("mdep")}
        pods = namespace.list("pods", "modelsmith.dev/deployment")
        builds = {one["status"]["build"]["name"] for one in namespace.list("mdep")}
        kept = {one["metadata"]["name"] for one in namespace.list("mbuild")}
        return deployments == set(MODELS) and len(pods) == sum(wanted.values()) and kept == builds

    waiting.until("only what is wanted is there", settled, 240, namespace)


def test_every_pod_is_ready_and_none_restarts_any_more(namespace, struck):
    def restarts() -> dict[str, int]:
        return {
            pod["metadata"]["name"]: sum(one["restartCount"] for one in pod["status"]["containerStatuses"])
            for pod in namespace.list("pods", "modelsmith.dev/deployment")
        }

    before = restarts()
    time.sleep(30)
    assert restarts() == before


def test_a_deletion_takes_everything_along(namespace, struck):
    namespace.delete("mdep", *MODELS)

    def gone() -> bool:
        kinds = ("deployments", "services", "pods", "mbuild", "jobs", "controllerrevisions", "pvc")
        ours = "app.kubernetes.io/managed-by=modelsmith"
        return not any(namespace.list(kind, ours) for kind in kinds)

    waiting.until("nothing of ours is left", gone, 240, namespace)
