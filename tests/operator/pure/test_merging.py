"""A strategic merge patch, held against Kubernetes' own merge keys; and what no change can take away."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator import merging

ROWS = {
    "maps deeply": ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}, {"a": {"b": 1, "c": 3, "d": 4}}),
    "containers by name": (
        {"containers": [{"name": "a", "image": "1"}, {"name": "b"}]},
        {"containers": [{"name": "c"}, {"name": "a", "tty": True}]},
        {"containers": [{"name": "a", "image": "1", "tty": True}, {"name": "b"}, {"name": "c"}]},
    ),
    "variables by name": (
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
        {"env": [{"name": "A", "value": "3"}, {"name": "B", "value": "2"}]},
    ),
    "mounts by path": (
        {"volumeMounts": [{"name": "a", "mountPath": "/a"}]},
        {"volumeMounts": [{"name": "a", "mountPath": "/b"}]},
        {"volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/b"}]},
    ),
    "ports by number": (
        {"ports": [{"containerPort": 80, "name": "http"}]},
        {"ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 81}]},
        {"ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}, {"containerPort": 81}]},
    ),
    "spreads by topology": (
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 1}]},
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}, {"topologyKey": "host"}]},
        {"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}, {"topologyKey": "host"}]},
    ),
    "tolerations as a whole": (
        {"tolerations": [{"key": "a", "operator": "Exists"}]},
        {"tolerations": [{"key": "b", "operator": "Exists"}]},
        {"tolerations": [{"key": "b", "operator": "Exists"}]},
    ),
    "commands as a whole": ({"command": ["a", "b"]}, {"command": ["c"]}, {"command": ["c"]}),
    "a map of that name is none of those lists": ({"nodeSelector": {}}, {"nodeSelector": {"env": "prod"}}, None),
    "an item without a name is left to the API server": (
        {"containers": [{"name": "a"}]},
        {"containers": [{"image": "x"}, "y"]},
        {"containers": [{"name": "a"}, {"image": "x"}, "y"]},
    ),
}


@pytest.mark.parametrize(("base", "change", "expected"), ROWS.values(), ids=ROWS)
def test_a_change_is_merged_as_kubernetes_merges_it(base, change, expected):
    before = copy.deepcopy((base, change))
    assert merging.merged(base, change) == (change if expected is None else expected)
    assert (base, change) == before


NAMES = st.sampled_from(["a", "b", "c", "d"])
PLAIN = st.integers(0, 3) | st.text("xy", max_size=2)


def named(key, **fields):
    item = st.fixed_dictionaries({key: NAMES}, optional=fields)
    return st.lists(item, max_size=4, unique_by=lambda one: one[key])


CONTAINERS = named(
    "name",
    image=PLAIN,
    command=st.lists(PLAIN, max_size=2),
    env=named("name", value=PLAIN),
    volumeMounts=named("mountPath", readOnly=st.booleans()),
    resources=st.dictionaries(NAMES, st.dictionaries(NAMES, PLAIN, max_size=2), max_size=2),
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "containers": CONTAINERS,
        "volumes": named("name", emptyDir=st.just({})),
        "tolerations": st.lists(st.fixed_dictionaries({"key": NAMES}), max_size=2),
        "nodeSelector": st.dictionaries(NAMES, PLAIN, max_size=3),
    },
)


@given(base=PODS, change=PODS)
def test_merging_twice_is_merging_once(base, change):
    once = merging.merged(base, change)
    assert merging.merged(once, change) == once


@given(base=PODS, change=PODS)
def test_nothing_that_has_a_name_is_lost_and_what_was_there_keeps_its_order(base, change):
    merged = merging.merged(base, change)
    for field in ("containers", "volumes"):
        before, after = ([one["name"] for one in pod.get(field, [])] for pod in (base, merged))
        assert after[: len(before)] == before
        assert set(after) == {*before, *(one["name"] for one in change.get(field, []))}


@given(base=PODS)
def test_no_change_changes_nothing(base):
    assert merging.merged(base, {}) == base


@given(base=PODS, change=PODS)
def test_what_the_change_does_not_speak_of_stays(base, change):
    merged = merging.merged(base, change)
    assert {name: merged[name] for name in base.keys() - change.keys()} == {
        name: base[name] for name in base.keys() - change.keys()
    }
