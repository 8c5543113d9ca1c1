"""Whether an object must be written, on objects as the API server gives them back (golden/)."""

import copy
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_operator import comparing, names

GOLDEN = sorted((pathlib.Path(__file__).parent / "golden").glob("*.json"))


def live(path: pathlib.Path) -> tuple[dict, dict]:
    """What was wanted, and what the API server made of it."""
    content = json.loads(path.read_text())
    return content["desired"], content["live"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_was_just_applied_does_not_differ(path):
    desired, shown = live(path)
    assert not comparing.differs(desired, shown)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_single_value_that_drifts_is_noticed(path):
    desired, shown = live(path)
    for place in leaves(desired):
        if place[0] not in {"apiVersion", "kind"} and place[-1] not in {"name", "namespace", "uid"}:
            drifted = copy.deepcopy(shown)
            if changed(drifted, desired, place):
                assert comparing.differs(desired, drifted), place


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_field_that_is_no_longer_wanted_is_noticed(path):
    desired, shown = live(path)
    for section in ("spec", "data"):
        for field in desired.get(section, {}):
            fewer = copy.deepcopy(desired)
            del fewer[section][field]
            assert comparing.differs(fewer, shown), field


def leaves(value, place=()):
    """Paths of all plain values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield place
        return
    for name, entry in items:
        yield from leaves(entry, (*place, name))


def changed(shown, desired, place) -> bool:
    """Change the value at a place; False where the live object keeps lists in another order or leaves out the empty."""
    for name in place[:-1]:
        desired = desired[name]
        try:
            shown = shown[name]
        except (KeyError, IndexError):
            return False
    if isinstance(shown, dict) and place[-1] not in shown:
        return False
    shown[place[-1]] = "drifted"
    return True


ROWS = {
    "equal": ({"a": 1}, {"a": 1}, True),
    "defaults of the server are not ours": ({"a": 1}, {"a": 1, "b": 2}, True),
    "another value": ({"a": 1}, {"a": 2}, False),
    "missing": ({"a": 1}, {}, False),
    "an empty value is left out": ({"a": "", "b": [], "c": {}, "d": False, "e": None, "f": 0}, {}, True),
    "true is not one": ({"a": True}, {"a": 1}, False),
    "a value that we want empty and that is not": ({"a": ""}, {"a": "x"}, False),
    "named items in another order": (
        {"containers": [{"name": "x", "image": "1"}, {"name": "y"}]},
        {"containers": [{"name": "y"}, {"name": "x", "image": "1"}]},
        True,
    ),
    "an injected sidecar is not ours": (
        {"containers": [{"name": "x"}]},
        {"containers": [{"name": "y"}, {"name": "x"}]},
        True,
    ),
    "a named item that differs": (
        {"env": [{"name": "x", "value": "1"}]},
        {"env": [{"name": "x", "value": "2"}]},
        False,
    ),
    "a named item that is missing": ({"volumes": [{"name": "x"}]}, {"volumes": []}, False),
    "ports by number and protocol": (
        {"ports": [{"containerPort": 80}]},
        {"ports": [{"containerPort": 80, "protocol": "UDP"}, {"containerPort": 80, "protocol": "TCP"}]},
        True,
    ),
    "mounts by path, a volume may be mounted twice": (
        {"volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b", "readOnly": True}]},
        {"volumeMounts": [{"name": "v", "mountPath": "/b", "readOnly": True}, {"name": "v", "mountPath": "/a"}]},
        True,
    ),
    "plain lists by position": ({"args": ["a", "b"]}, {"args": ["b", "a"]}, False),
    "plain lists have their length": ({"args": ["a"]}, {"args": ["a", "b"]}, False),
    "quantities in another spelling": (
        {"resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}},
        {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}},
        True,
    ),
    "another quantity": ({"requests": {"cpu": "1"}}, {"requests": {"cpu": "2"}}, False),
    "storage is a quantity": ({"sizeLimit": "1024Mi"}, {"sizeLimit": "1Gi"}, True),
    "a divisor is a quantity": ({"divisor": "1024Ki"}, {"divisor": "1Mi"}, True),
    "quantities in powers of ten": ({"requests": {"memory": "1e9"}}, {"requests": {"memory": "1G"}}, True),
    "quantities as fractions": ({"requests": {"cpu": 0.5}}, {"requests": {"cpu": "500m"}}, True),
    "a map of nothing is left out": ({"a": {"b": {}, "c": ""}}, {}, True),
    "a map with something is not": ({"a": {"b": {"c": 1}}}, {}, False),
    "elsewhere text is text": ({"value": "1024Mi"}, {"value": "1Gi"}, False),
}


@pytest.mark.parametrize(("wanted", "shown", "expected"), ROWS.values(), ids=ROWS)
def test_found(wanted, shown, expected):
    assert comparing.found(wanted, shown) is expected


STATUSES = {
    "the same": ({"a": 1}, {"a": 1}, False),
    "another value": ({"a": 1}, {"a": 2}, True),
    "a field that must go": ({"a": 1}, {"a": 1, "b": {"c": "old"}}, True),
    "an empty field beside": ({"a": 1}, {"a": 1, "b": False, "c": [], "d": {"e": ""}}, False),
    "an empty field that we write": ({"a": 1, "b": ""}, {"a": 1}, False),
    "nothing there yet": ({"a": 1}, None, True),
    "an item fewer": ({"conditions": [{"type": "x"}]}, {"conditions": [{"type": "x"}, {"type": "y"}]}, True),
}


@pytest.mark.parametrize(("wanted", "shown", "expected"), STATUSES.values(), ids=STATUSES)
def test_status_differs(wanted, shown, expected):
    assert comparing.status_differs(wanted, shown) is expected


def test_the_digest_stands_in_the_annotations_and_does_not_count_itself():
    desired = {"metadata": {"name": "x", "annotations": {"mine": "1"}}}
    sent = comparing.stamped(desired)
    assert sent["metadata"]["annotations"] == {"mine": "1", names.APPLIED: comparing.digest(desired)}
    assert not comparing.differs(desired, sent)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_whatever_is_stamped_does_not_differ(content):
    desired = {"metadata": {"name": "x"}, "spec": content}
    assert not comparing.differs(desired, comparing.stamped(desired))


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_a_status_does_not_differ_from_itself(content):
    assert not comparing.status_differs(content, content)
