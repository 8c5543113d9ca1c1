"""Whom a change concerns."""

import pytest

from model_operator import caching, kinds, names, waking


def reference(name: str, kind: str = "ModelDeployment", group: str = names.API_VERSION) -> kinds.Manifest:
    return {"apiVersion": group, "kind": kind, "name": name, "uid": f"uid-{name}"}


def thing(name: str = "x", labels: dict | None = None, owners: list | None = None) -> kinds.Manifest:
    metadata = {"name": name, "namespace": "demo", "uid": f"uid-{name}", "resourceVersion": "1"}
    return {"metadata": {**metadata, "labels": labels or {}, "ownerReferences": owners or []}}


def deployment(name: str) -> kinds.Key:
    return kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", name)


def build(name: str) -> kinds.Key:
    return kinds.Key(kinds.MODEL_BUILD, "demo", name)


def woken(kind, old, new, cache=None):
    key = kinds.Key(kind, "demo", (new or old or {})["metadata"]["name"])
    return waking.keys(caching.Change(key, old, new), cache or caching.Caches())


ROWS = {
    "a ModelDeployment wakes itself": (kinds.MODEL_DEPLOYMENT, thing("web"), {deployment("web")}),
    "a child wakes whom its label names": (
        kinds.POD,
        thing(labels={names.DEPLOYMENT_LABEL: "web"}),
        {deployment("web")},
    ),
    "a build's child wakes the build": (kinds.JOB, thing(labels={names.BUILD_LABEL: "b"}), {build("b")}),
    "a build wakes itself and every owner": (
        kinds.MODEL_BUILD,
        thing("b", owners=[reference("web"), reference("two")]),
        {build("b"), deployment("web"), deployment("two")},
    ),
    "an owner of another kind is nobody of ours": (
        kinds.POD,
        thing(owners=[reference("web", "ReplicaSet", "apps/v1"), reference("w", group="else/v1")]),
        set(),
    ),
}


@pytest.mark.parametrize(("kind", "manifest", "expected"), ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
def test_a_change_wakes(kind, manifest, expected, gone):
    assert woken(kind, manifest if gone else None, None if gone else manifest) == expected


def test_an_owner_that_was_removed_is_woken_too():
    old = thing("b", owners=[reference("web"), reference("two")])
    new = thing("b", owners=[reference("two")])
    assert deployment("web") in woken(kinds.MODEL_BUILD, old, new)


def keeping(name: str, artifact: dict, build: str) -> kinds.Manifest:
    return {**thing(name), "spec": {"artifact": artifact}, "status": {"build": {"name": build}}}


CLAIM, REGISTRY = {"store": "pvc", "claimName": "c"}, {"store": "oci"}
SHARES = {
    "a claim": (keeping("web", CLAIM, "b-1"), keeping("two", CLAIM, "b-2"), True),
    "the claim of the default": (keeping("web", {}, "b-1"), keeping("two", {"store": "pvc"}, "b-2"), True),
    "a build": (keeping("web", REGISTRY, "b-1"), keeping("two", REGISTRY, "b-1"), True),
    "nothing": (keeping("web", CLAIM, "b-1"), keeping("two", {**CLAIM, "claimName": "d"}, "b-2"), False),
    "no claim, one keeps in a registry": (keeping("web", CLAIM, "b-1"), keeping("two", REGISTRY, "b-2"), False),
    "nothing, neither has a build": (keeping("web", CLAIM, ""), keeping("two", REGISTRY, ""), False),
}


@pytest.mark.parametrize(("gone", "left", "wakes"), SHARES.values(), ids=SHARES)
def test_a_deleted_model_deployment_wakes_who_shared_something_with_it(gone, left, wakes):
    """Whatever owner references say by then: nothing here has any."""
    caches = caching.Caches()
    caches.note(kinds.MODEL_DEPLOYMENT, left)
    others = woken(kinds.MODEL_DEPLOYMENT, gone, None, caches) - {deployment("web")}
    assert others == ({deployment("two")} if wakes else set())


def claiming(name: str, host: str = "", *, held: bool = False, namespace: str = "demo") -> kinds.Manifest:
    made = thing(name)
    made["metadata"]["namespace"] = namespace
    serving = {"ingress": {"host": host}} if host else {}
    return {**made, "spec": {"serving": serving}, "status": {"serving": {"hosts": [f"{host}/"] if held else []}}}


def elsewhere(name: str) -> kinds.Key:
    return kinds.Key(kinds.MODEL_DEPLOYMENT, "elsewhere", name)


HOSTS = {
    "one comes that claims it": (None, claiming("web", "a"), True),
    "the claimant goes": (claiming("web", "a"), None, True),
    "it moves to another host": (claiming("web", "a"), claiming("web", "b"), True),
    "it was given the host": (claiming("web", "a"), claiming("web", "a", held=True), True),
    "it lost the host": (claiming("web", "a", held=True), claiming("web", "a"), True),
    "it is as it was": (claiming("web", "a"), claiming("web", "a"), False),
    "it names none": (claiming("web"), claiming("web"), False),
    "it claims another": (None, claiming("web", "b"), False),
}


@pytest.mark.parametrize(("old", "new", "wakes"), HOSTS.values(), ids=HOSTS)
def test_who_claims_a_host_is_woken_across_namespaces_when_it_changes_hands(old, new, wakes):
    caches = caching.Caches()
    caches.note(kinds.MODEL_DEPLOYMENT, claiming("rival", "a", namespace="elsewhere"))
    assert (elsewhere("rival") in woken(kinds.MODEL_DEPLOYMENT, old, new, caches)) == wakes
