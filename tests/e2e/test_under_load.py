"""Everything that may happen to a model while twenty clients ask it: none of them notices.

One story, in order: each test is what happens next to the same model under the same clients.
"""

import os
import subprocess
import sys
import time

import pytest

from e2e import forging, installing, kube, lanes, loading, manifests, predicting, smallmodels, waiting

#: It deletes the operator's pods, drains the node.
pytestmark = lanes.ALONE

NAME = "busy"
#: Requests that the story must have had at the least.
ENOUGH = int(os.environ.get("MODELSMITH_LOAD_REQUESTS", "3000"))
#: Between two requests of a client: a hundred a second in all, on two cores that also run the cluster; more often where
#: more are asked for (the story takes three minutes or more).
PAUSE = min(0.2, 2400 / ENOUGH)
AT_MOST_SECONDS = 900
STEPS = [{"weight": 50, "duration": "20s"}]
CANARY = {"strategy": "canary", "canary": {"steps": STEPS}}


@pytest.fixture(scope="module")
def crowd(namespace, images):
    """A model of mark 1 with two servers, and its clients; models 2 (spoilt) and 3 are there to come."""
    forging.forge(namespace, "spoilt", "small-2", 2, images["serving"])
    namespace.apply(*(manifests.config_map(f"small-{mark}", smallmodels.files(mark)) for mark in (1, 3)))
    namespace.apply(model(1))
    waiting.ready(namespace, NAME)
    url = f"http://{predicting.address(namespace, NAME)}/v2/models/{NAME}/infer"
    with loading.Crowd(url, smallmodels.ZERO, pause=PAUSE, at_most=AT_MOST_SECONDS) as asking:
        yield asking


def model(mark: int, **rollout) -> kube.Manifest:
    """Two servers of a model, rolled out so."""
    serving = {"replicas": 2, **({"rollout": rollout} if rollout else {})}
    return manifests.model_deployment(NAME, manifests.from_config_map(f"small-{mark}"), serving=serving)


def answers(crowd, seconds: float = 3) -> set[float]:
    """Which models answer now."""
    before = dict(crowd.tally.answers)
    time.sleep(seconds)
    return {mark for mark, count in crowd.tally.answers.items() if count > before.get(mark, 0)}


def rollout(namespace) -> kube.Manifest:
    return namespace.get("mdep", NAME)["status"]["rollout"]


def modelsmith(namespace, verb: str, *words: str) -> str:
    """Our command line, as its user starts it."""
    command = [sys.executable, "-m", "modelsmith", verb, NAME, "-n", namespace.name, *words]
    rooms = os.pathsep.join(("operator", "model-builder", "serving", "cli"))
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "PYTHONPATH": rooms}
    )
    return done.stdout


def test_a_changed_model_takes_over_while_both_answer_rightly(namespace, crowd):
    namespace.apply(model(3))
    waiting.ready(namespace, NAME)
    waiting.until("the new one alone answers", lambda: answers(crowd) == {3.0}, 60, namespace)
    assert set(crowd.tally.answers) == {1.0, 3.0}
    assert len({entry["artifact"] for entry in namespace.get("mdep", NAME)["status"]["history"]}) == 2
    namespace.apply(model(1))
    waiting.ready(namespace, NAME)
    waiting.until("the old one is back", lambda: answers(crowd) == {1.0}, 60, namespace)


def test_a_revision_that_answers_wrongly_is_gone_within_a_minute(namespace, crowd, measured):
    good = rollout(namespace)["revision"]
    namespace.apply(model(2))
    build = waiting.condition(namespace, NAME, "Built", "True")
    began = time.monotonic()
    found = waiting.condition(namespace, NAME, "Ready", "False", "RolledBack", seconds=60)
    pods = f"modelsmith.dev/revision={found['status']['rollout']['rejected']['revision']}"
    waiting.until("its servers are gone", lambda: not serving(namespace, pods), 60, namespace)
    measured("wrong answers: built to gone", f"{time.monotonic() - began:.0f} s")
    assert build["status"]["build"]["cacheHit"]
    waiting.until("the judgement is carried out", lambda: rollout(namespace)["revision"] == good, 30, namespace)
    assert answers(crowd) == {1.0}


def serving(namespace, selector: str) -> list[kube.Manifest]:
    """Pods that are not on their way out."""
    return [pod for pod in namespace.list("pods", selector) if "deletionTimestamp" not in pod["metadata"]]


def test_an_operator_that_starts_anew_does_not_try_it_again(namespace, crowd):
    good = rollout(namespace)["revision"]
    kube.kubectl("-n", installing.NAMESPACE.name, "delete", "pods", "--all", "--wait=true", patience=120)
    kube.kubectl(
        "-n",
        installing.NAMESPACE.name,
        "wait",
        "pods",
        "--all",
        "--for=condition=Ready",
        "--timeout=120s",
        patience=150,
    )
    time.sleep(10)
    assert rollout(namespace)["revision"] == good
    assert waiting.current(namespace.get("mdep", NAME))["Ready"]["reason"] == "RolledBack"
    assert waiting.current(namespace.get("mdep", NAME))["Available"]["status"] == "True"
    assert answers(crowd) == {1.0}


def test_a_canary_that_answers_wrongly_gets_no_request(namespace, crowd):
    namespace.apply(model(1, **CANARY))
    waiting.ready(namespace, NAME)
    crowd.tally.answers.clear()
    namespace.apply(model(2, **CANARY))
    waiting.until("its canary comes", lambda: namespace.find("deployment", f"{NAME}-canary"), 60, namespace)
    waiting.condition(namespace, NAME, "Ready", "False", "RolledBack", seconds=120)
    waiting.gone(namespace, "deployment", f"{NAME}-canary")
    assert set(crowd.tally.answers) == {1.0}


def test_a_canary_that_does_well_gets_its_share_and_is_rolled_out(namespace, crowd, measured):
    namespace.apply(model(3, **CANARY))
    waiting.condition(namespace, NAME, "Ready", "False", "Canary", seconds=120)
    waiting.until("both answer", lambda: answers(crowd) == {1.0, 3.0}, 60, namespace)
    found = waiting.ready(namespace, NAME)
    waiting.until("the new one alone answers", lambda: answers(crowd) == {3.0}, 60, namespace)
    figures = found["status"]["history"][0]["figures"]
    measured("canary of 20 s", figures)
    assert "requests failed within a minute" in figures
    assert namespace.find("deployment", f"{NAME}-canary") is None


def test_a_person_rolls_back_and_forth(namespace, crowd):
    assert "in place of" in modelsmith(namespace, "rollback")
    waiting.condition(namespace, NAME, "Ready", "True", "Pinned")
    waiting.until("the former one answers", lambda: answers(crowd) == {1.0}, 60, namespace)
    assert "clear the pin" in modelsmith(namespace, "promote")
    waiting.condition(namespace, NAME, "Ready", "False", "Canary", seconds=60)
    assert "end the canary" in modelsmith(namespace, "promote")
    waiting.ready(namespace, NAME)
    waiting.until("the new one answers", lambda: answers(crowd) == {3.0}, 60, namespace)


def test_a_pod_that_is_deleted_is_missed_by_nobody(namespace, crowd):
    pod = serving(namespace, f"modelsmith.dev/deployment={NAME}")[0]["metadata"]["name"]
    namespace.delete("pod", pod)
    waiting.ready(namespace, NAME)


def test_a_node_that_is_drained_keeps_one_server_until_there_is_another(namespace, crowd):
    """There is one node: its last server stays, and the drain waits as long as it is told to."""
    [node] = kube.read("nodes", "-l", "node-role.kubernetes.io/control-plane!=none,type!=kwok")["items"]
    name, selector = node["metadata"]["name"], f"modelsmith.dev/deployment={NAME}"
    try:
        with pytest.raises(kube.KubectlError, match=r"(?s)disruption budget|timed out|timeout"):
            kube.kubectl(
                "drain",
                name,
                f"--pod-selector={selector}",
                "--delete-emptydir-data",
                "--force",
                "--ignore-daemonsets",
                "--timeout=10s",
                patience=60,
            )
        assert answers(crowd) == {3.0}
    finally:
        kube.kubectl("uncordon", name)
    waiting.ready(namespace, NAME)


def test_nobody_noticed(crowd, measured):
    tally = crowd.tally
    measured(
        "a model's hard life under 20 clients: requests, failures",
        f"{tally.requests}, {len(tally.failures)} ({tally.broken} kept connections found closed and renewed)",
    )
    assert tally.failures == []
    assert tally.requests >= ENOUGH
