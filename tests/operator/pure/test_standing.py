"""What is told of each ModelDeployment, without its being read again."""

import pytest

from model_operator import caching, exposing, kinds, names, standing

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "digits")


def conditions(*said):
    """`said` is `Type=Status/Reason`."""
    made = []
    for one in said:
        type_, _, rest = one.partition("=")
        value, _, reason = rest.partition("/")
        made.append({"type": type_, "status": value, "reason": reason, "message": "words"})
    return made


def model(*said, version=1, generation=1, observed=1, spec=None, **status):
    return {
        "apiVersion": names.API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {"name": "digits", "namespace": "demo", "generation": generation, "resourceVersion": str(version)},
        "spec": spec or {},
        "status": {"observedGeneration": observed, "conditions": conditions(*said), **status},
    }


def servers(ready=2, total=2, updated=2, wanted=2, version=1):
    counts = {"replicas": total, "updatedReplicas": updated, "readyReplicas": ready}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "digits", "namespace": "demo", "resourceVersion": str(version)},
        "spec": {"replicas": wanted},
        "status": counts,
    }


SERVES = ("Accepted=True/Accepted", "Built=True/Built", "Available=True/Available", "Ready=True/Serving")


def told(*objects):
    caches = caching.Caches(recent=1)
    for one in objects:
        caches.note(kinds.of_manifest(one), one)
    return caches


def samples(caches):
    """Name and labels -> value, of digits."""
    lines = [line for line in exposing.models(caches.models.rows()) if not line.startswith("#")]
    found = dict(line.rsplit(" ", 1) for line in lines)
    labels = 'namespace="demo",name="digits"'
    return {name.removeprefix("modelsmith_model_").replace(labels, "~"): value for name, value in found.items()}


def test_one_that_serves_is_told_by_numbers():
    spec = {"serving": {"replicas": 1, "autoscaling": {"maxReplicas": 5}}}
    status = {"rollout": {"revision": "digits-1"}, "artifact": {"precision": "int8"}}
    assert samples(told(model(*SERVES, spec=spec, **status), servers(ready=1))) == {
        "ready{~}": "1",
        'condition{~,type="Accepted",reason="Accepted"}': "1",
        'condition{~,type="Built",reason="Built"}': "1",
        'condition{~,type="Available",reason="Available"}': "1",
        'condition{~,type="Ready",reason="Serving"}': "1",
        "replicas{~}": "2",
        "replicas_wanted{~}": "2",
        "replicas_ready{~}": "1",
        "replicas_max{~}": "5",
        'info{~,revision="digits-1",precision="int8"}': "1",
        "outdated{~}": "0",
    }


def test_one_that_is_new_wants_what_its_spec_says_and_has_none():
    found = samples(told(model("Ready=False/Building", spec={"serving": {"replicas": 3}})))
    assert (found["ready{~}"], found["replicas_wanted{~}"], found["replicas{~}"]) == ("0", "3", "0")
    assert found['condition{~,type="Ready",reason="Building"}'] == "0"
    assert not any(name.startswith(("replicas_max", "info")) for name in found)


def test_what_is_unknown_is_not_told():
    found = samples(told(model("AutoscalingActive=Unknown/Waiting")))
    assert not any(name.startswith("condition") for name in found)


def test_one_that_is_gone_is_told_no_more():
    caches = told(model(*SERVES), servers())
    caches.drop(kinds.MODEL_DEPLOYMENT, model(*SERVES, version=2))
    assert samples(caches) == {}
    caches.note(kinds.MODEL_DEPLOYMENT, model(*SERVES, version=3))
    caches.settle(kinds.DEPLOYMENT, None, set(), "9")
    assert samples(caches)["replicas{~}"] == "0"


def test_a_change_is_told_though_the_objects_are_packed():
    now = (model("Ready=False/ServersNotReady", version=2), servers(ready=0, version=2))
    caches = told(model(*SERVES), servers(), *now)
    assert (samples(caches)["ready{~}"], samples(caches)["replicas_ready{~}"]) == ("0", "0")


OUTDATED = {
    "what serves is what is asked": (model(*SERVES), servers(), 0),
    "the spec has changed since": (model(*SERVES, generation=2), servers(), 1),
    "another artifact is being built": (model("Built=False/Building", "Ready=False/Building"), servers(), 1),
    "nothing serves meanwhile": (model("Built=False/Building", "Ready=False/Building"), servers(ready=0), 0),
    "it is refused": (model("Accepted=False/SpecInvalid", "Ready=False/SpecInvalid"), servers(), 1),
    "the gate failed": (model("Built=False/GateFailed", "Ready=False/GateFailed"), servers(), 1),
    "it was sent back": (model("Built=True/Built", "Ready=False/RolledBack"), servers(), 1),
    "it is being tried": (model("Built=True/Built", "Ready=False/Canary"), servers(), 1),
    "old servers are being replaced": (model("Built=True/Built", "Ready=False/RollingOut"), servers(3, 3, 1), 1),
    "a new one finds no node": (model("Built=True/Built", "Ready=False/Unschedulable"), servers(2, 3, 1), 1),
    "the first servers come": (model("Built=True/Built", "Ready=False/RollingOut"), servers(1, 2, 2), 0),
    "one of its own was lost": (model("Built=True/Built", "Ready=False/ServersNotReady"), servers(1, 2, 2), 0),
    "pinned": (model("Built=False/GateFailed", "Ready=True/Pinned"), servers(), 0),
    "suspended": (
        model("Built=False/Suspended", "Ready=False/Suspended", generation=2, spec={"suspend": True}),
        servers(),
        0,
    ),
}


@pytest.mark.parametrize(("resource", "deployment", "expected"), OUTDATED.values(), ids=OUTDATED)
def test_outdated_is_who_serves_something_else_than_is_asked(resource, deployment, expected):
    assert samples(told(resource, deployment))["outdated{~}"] == str(expected)


def test_a_word_of_the_cluster_cannot_end_a_label():
    said = standing.model(model('Ready=False/"no"')).said
    assert said == ((r'type="Ready",reason="\"no\""', 0),)
