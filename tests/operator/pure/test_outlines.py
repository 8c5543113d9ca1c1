"""An outline has the shape of its object, and a few of its fields."""

import pytest

from model_operator import kinds, names, outlines

METADATA = {"name": "a", "namespace": "demo", "uid": "u", "labels": {"x": "y"}, "resourceVersion": "1"}


def test_what_is_not_looked_at_is_left_out():
    manifest = {
        "metadata": {**METADATA, "generation": 2, "annotations": {names.REQUESTED_AT: "now", "other": "x"}},
        "spec": {
            "suspend": True,
            "model": {"weights": "w"},
            "build": {"timeout": "2h", "candidates": ["none"]},
            "serving": {"replicas": 2, "ingress": {"host": "a.example.com", "className": "x"}},
        },
        "status": {
            "build": {"name": "b", "cacheHit": True},
            "history": [{"artifact": "sha256:1", "at": "then"}],
            "serving": {"url": "http://a", "hosts": ["a.example.com/"]},
        },
    }
    assert outlines.of(kinds.MODEL_DEPLOYMENT, manifest) == {
        "apiVersion": names.API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {
            "name": "a",
            "namespace": "demo",
            "uid": "u",
            "generation": 2,
            "annotations": {names.REQUESTED_AT: "now"},
        },
        "spec": {"suspend": True, "build": {"timeout": "2h"}, "serving": {"ingress": {"host": "a.example.com"}}},
        "status": {
            "build": {"name": "b"},
            "history": [{"artifact": "sha256:1"}],
            "serving": {"hosts": ["a.example.com/"]},
        },
    }


def test_of_lists_what_is_left_of_the_items():
    mounted = {"name": "triton", "volumeMounts": [{"mountPath": "/x"}, {"mountPath": "/y", "subPath": "artifacts/1"}]}
    spec = {"template": {"spec": {"containers": [{"name": "other"}, mounted], "volumes": [{"name": "v"}]}}}
    outline = outlines.of(kinds.DEPLOYMENT, {"metadata": METADATA, "spec": spec})
    assert outline["spec"] == {"template": {"spec": {"containers": [{"volumeMounts": [{"subPath": "artifacts/1"}]}]}}}


@pytest.mark.parametrize("kind", outlines.FIELDS, ids=lambda kind: kind.plural)
def test_an_outline_of_an_outline_is_the_same(kind):
    """So whoever is given either finds the same."""
    once = outlines.of(kind, {"metadata": METADATA, "status": {"conditions": [{"type": "Failed"}]}})
    assert outlines.of(kind, once) == once
