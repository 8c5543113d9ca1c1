"""The whole operator against a real API server, taken through mutations one after another.

    good ─► change ─► change ─► ... ─► what cannot be ─► good

Two ways to one spec end in equal children; what cannot be leaves what serves untouched; nothing is written when nothing
changes.
"""

import itertools

import pytest
from edge import clusters, kubelet, processes, resources

import copies
from model_operator import kinds, names
from mutation import schemas

NAME = "digits"
GOOD = {**resources.spec(replicas=1), "build": {"evaluation": {"data": {"file": "test.npz"}}}}
#: Changes of how it is served: each is seen in the Deployment, and builds nothing.
CHANGES = {
    "spec.serving.replicas": 2,
    "spec.serving.batching": {"maxBatchSize": 8, "preferredBatchSize": [4]},
    "spec.serving.instances": {"count": 2},
    "spec.serving.resources": {"limits": {"cpu": "1500m", "memory": "2048Mi"}},
    "spec.serving.nodeSelector": {"example.com/disk": "ssd"},
    "spec.serving.tolerations": [{"key": "example.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "spec.serving.priorityClassName": "system-cluster-critical",
    "spec.build.timeout": "20m",
}
#: Accepted by the API server, and cannot be: the reason, and words of the message.
HOPELESS = {
    "no such ConfigMap": ("spec.model.source.configMap.name", "none", "SourceNotFound", "none"),
    "no such file": ("spec.model.weights", "none.pt", "FileNotInSource", "none.pt"),
    "more than the limit": (
        "spec.serving.resources",
        {"limits": {"cpu": 1}, "requests": {"cpu": 2}},
        "ResourcesContradictory",
        "spec.serving.resources.requests.cpu",
    ),
    "a resource that is none": ("spec.serving.resources", {"limits": {"gadget": 1}}, "ApplyRefused", "gadget"),
    "a device without a limit": (
        "spec.serving.resources",
        {"requests": {"example.com/device": 1}},
        "ApplyRefused",
        "Limit must be set",
    ),
}


@pytest.fixture
def home(cluster: clusters.Cluster, operator: processes.Operator) -> clusters.Namespace:
    """A namespace of the test's own, in which the good spec serves."""
    made = cluster.namespace()
    resources.provide_source(made)
    resources.deploy(made, NAME, GOOD)
    resources.build(made)
    resources.make_ready(made, NAME)
    return made


def take(home, spec):
    """Write a spec, and have it served."""
    whole = [{"op": "replace", "path": "/spec", "value": spec}]
    home.cluster.call("PATCH", home.path(kinds.MODEL_DEPLOYMENT, NAME), whole, "application/json-patch+json")
    clusters.until(lambda: current(home), "the operator has seen the spec")


def current(home):
    found = home.find(kinds.MODEL_DEPLOYMENT, NAME)
    return found["status"].get("observedGeneration") == found["metadata"]["generation"]


def template(home):
    """The pods that are wanted, and the Service that leads to them."""
    spec = home.find(kinds.DEPLOYMENT, NAME)["spec"]
    return {"replicas": spec["replicas"], "pods": spec["template"]["spec"]}, home.find(kinds.SERVICE, NAME)["spec"]


def test_two_ways_to_one_spec_end_alike(home, operator):
    first, jobs = template(home), [one["metadata"]["name"] for one in home.list(kinds.JOB)]
    spec, seen = GOOD, [first]
    for path, value in CHANGES.items():
        spec = put(spec, path, value)
        take(home, spec)
        seen.append(template(home))
    assert all(one != other for one, other in itertools.pairwise(seen[:-1])), "declared, and ignored"
    assert seen[-1] == seen[-2], "a timeout is the build's, which is done"
    last = seen[-1]
    take(home, GOOD)
    assert template(home) == first
    take(home, spec)
    assert template(home) == last
    assert [one["metadata"]["name"] for one in home.list(kinds.JOB)] == jobs
    since = home.cluster.now()
    take(home, spec)
    assert [line for line in operator.writes(since) if f" {home.name}/" in line and "events" not in line] == []


@pytest.mark.parametrize("title", HOPELESS)
def test_what_cannot_be_leaves_what_serves_and_the_good_spec_mends_it(home, title):
    path, value, reason, words = HOPELESS[title]
    before = home.find(kinds.DEPLOYMENT, NAME)
    take(home, put(GOOD, path, value))
    found = resources.until_reason(home, NAME, reason)
    assert words in resources.condition(found, "Ready")["message"]
    assert resources.condition(found, "Available")["status"] == "True"
    after = home.find(kinds.DEPLOYMENT, NAME)
    assert (after["spec"], after["metadata"]["generation"]) == (before["spec"], before["metadata"]["generation"])
    take(home, GOOD)
    resources.until_reason(home, NAME, "Serving")
    assert home.find(kinds.DEPLOYMENT, NAME)["spec"] == before["spec"]


def test_a_claim_may_have_a_longer_name_than_a_label(cluster, operator):
    """Its label is cut: the claim is made, and the artifact gets there."""
    home, name = cluster.namespace(), "shelf-" * 20 + "x"
    resources.provide_source(home)
    resources.deploy(home, NAME, {**GOOD, "artifact": {"claimName": name}})
    kubelet.end_build(resources.only_job(home), home, kubelet.published())
    resources.make_ready(home, NAME)
    assert home.find(kinds.PERSISTENT_VOLUME_CLAIM, name)["metadata"]["labels"][names.INSTANCE_LABEL] in name


def put(spec, path, value):
    """With room made for it."""
    *above, last = schemas.steps(path)
    result = copies.of(spec)
    node = result
    for step in above:
        node = node.setdefault(step, {})
    node[last] = value
    return result
