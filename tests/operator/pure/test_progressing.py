"""Which changes of children are no news."""

import pytest

from model_operator import caching, kinds, progressing, scheduling

METADATA = {"name": "x", "namespace": "demo", "uid": "u", "labels": {"a": "b"}}


def change(kind, old, new, **metadata):
    """From one status to another; None where there was, or is, no object."""
    spec = {"replicas": 1}
    was = None if old is None else {"metadata": {**METADATA, "resourceVersion": "1"}, "spec": spec, "status": old}
    now = (
        None
        if new is None
        else {"metadata": {**METADATA, "resourceVersion": "2", **metadata}, "spec": spec, "status": new}
    )
    return caching.Change(kinds.Key(kind, "demo", "x"), was, now)


def pod(*states, phase="Running", restarts=0, **fields):
    found = [{"name": f"c{at}", "state": state, "restartCount": restarts} for at, state in enumerate(states)]
    return {"phase": phase, "containerStatuses": found, **fields}


def condition(type_, status="True", reason=""):
    return {"type": type_, "status": status, "reason": reason}


def counts(replicas=0, updated=0, ready=0, available=0, *conditions):
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    found = {name: count for name, count in zip(names, (replicas, updated, ready, available), strict=True) if count}
    return {**found, "conditions": list(conditions)} if conditions else found


RUNS, WAITS, ENDED = {"running": {}}, {"waiting": {"reason": "PodInitializing"}}, {"terminated": {"exitCode": 0}}
PROGRESSING, UNAVAILABLE = condition("Progressing", reason="ReplicaSetUpdated"), condition("Available", "False")

GOES_ON = {
    "a pod has come": (kinds.POD, None, pod(phase="Pending")),
    "a pod was given to a node": (kinds.POD, pod(phase="Pending"), pod(phase="Pending", conditions=[])),
    "a step begins": (kinds.POD, pod(WAITS, WAITS, phase="Pending"), pod(RUNS, WAITS, phase="Pending")),
    "a step has ended well": (kinds.POD, pod(RUNS, WAITS), pod(ENDED, RUNS)),
    "a build's pod has succeeded, and its Job will tell": (kinds.POD, pod(RUNS), pod(ENDED, phase="Succeeded")),
    "a Job has a pod": (kinds.JOB, {}, {"active": 1, "startTime": "now"}),
    "a Job's pod has ended": (kinds.JOB, {"active": 1}, {"uncountedTerminatedPods": {"succeeded": ["u"]}}),
    "a Job is about to be complete": (kinds.JOB, {"active": 1}, {"conditions": [condition("SuccessCriteriaMet")]}),
    "a Deployment has a pod": (kinds.DEPLOYMENT, counts(), counts(1, 1, 0, 0, UNAVAILABLE, PROGRESSING)),
    "a server is ready, and not for long": (kinds.DEPLOYMENT, counts(1, 1), counts(1, 1, 1, 0)),
    "a budget counts": (kinds.POD_DISRUPTION_BUDGET, {}, {"currentHealthy": 1}),
    "an Ingress has an address": (kinds.INGRESS, {}, {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}),
    "a NetworkPolicy is seen": (kinds.NETWORK_POLICY, {}, {"conditions": []}),
}
NEWS = {
    "a pod is gone": (kinds.POD, pod(RUNS), None),
    "a step has failed": (kinds.POD, pod(RUNS), pod({"terminated": {"exitCode": 1}})),
    "a container restarts": (kinds.POD, pod(RUNS), pod(RUNS, restarts=1)),
    "an image does not come": (kinds.POD, pod(WAITS), pod({"waiting": {"reason": "ErrImagePull"}})),
    "the image has come": (kinds.POD, pod({"waiting": {"reason": "ErrImagePull"}}), pod(RUNS)),
    "no node takes it": (kinds.POD, pod(), pod(phase="Pending", conditions=[condition("PodScheduled", "False")])),
    "it is sent away": (kinds.POD, pod(RUNS), pod(RUNS, conditions=[condition("DisruptionTarget")])),
    "a pod that comes in trouble": (kinds.POD, None, pod(phase="Failed")),
    "a Job has ended": (kinds.JOB, {"active": 1}, {"conditions": [condition("Complete")]}),
    "a pod of a Job has failed": (kinds.JOB, {"active": 1}, {"active": 1, "failed": 1}),
    "somebody's Job": (kinds.JOB, None, {}),
    "a Job may run": (kinds.JOB, {"conditions": [condition("Suspended")]}, {"active": 1}),
    "a server is available": (kinds.DEPLOYMENT, counts(2, 2, 2), counts(2, 2, 2, 2)),
    "a server is lost": (kinds.DEPLOYMENT, counts(2, 2, 2, 2), counts(2, 2, 1, 1)),
    "the last old one is gone": (kinds.DEPLOYMENT, counts(2, 1, 2, 1), counts(1, 1, 1, 1)),
    "it takes too long": (kinds.DEPLOYMENT, counts(1, 1), counts(1, 1, 0, 0, condition("Progressing", "False"))),
    "pods are refused": (kinds.DEPLOYMENT, counts(), counts(0, 0, 0, 0, condition("ReplicaFailure"))),
    "another kind": (kinds.SERVICE, {}, {"loadBalancer": {}}),
}


@pytest.mark.parametrize(("kind", "old", "new"), GOES_ON.values(), ids=GOES_ON)
def test_it_goes_on_as_expected(kind, old, new):
    assert progressing.goes_on(change(kind, old, new))


@pytest.mark.parametrize(("kind", "old", "new"), NEWS.values(), ids=NEWS)
def test_it_is_news(kind, old, new):
    assert not progressing.goes_on(change(kind, old, new))


@pytest.mark.parametrize(
    "metadata",
    [{"annotations": {"deployment.kubernetes.io/revision": "1"}}, {"finalizers": []}, {"generation": 7}],
    ids=str,
)
def test_what_controllers_write_down_is_no_news(metadata):
    assert progressing.goes_on(change(kinds.DEPLOYMENT, counts(1, 1), counts(1, 1, 1), **metadata))


@pytest.mark.parametrize(("kind", "old", "new"), GOES_ON.values(), ids=GOES_ON)
def test_what_is_on_its_way_out_is_news(kind, old, new):
    assert not progressing.goes_on(change(kind, old, new, deletionTimestamp="now"))


@pytest.mark.parametrize(("kind", "old", "new"), [row for row in GOES_ON.values() if row[1] is not None])
def test_what_somebody_changed_is_news(kind, old, new):
    assert not progressing.goes_on(change(kind, old, new, labels={}))


def test_servers_that_come_or_go_come_first_and_what_is_no_news_last():
    lines = {name: progressing.line(change(*row)) for name, row in (GOES_ON | NEWS).items()}
    assert {name for name, line in lines.items() if line is scheduling.Line.ROUTINE} == set(GOES_ON)
    assert {name for name, line in lines.items() if line is scheduling.Line.SERVING} == {
        name for name, (kind, _, _) in NEWS.items() if kind == kinds.DEPLOYMENT
    }
