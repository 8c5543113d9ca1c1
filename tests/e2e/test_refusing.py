"""What the API server itself refuses, naming the field."""

import json

import pytest

from e2e import kube, manifests

SOURCE = manifests.from_config_map("small")


def changed(*path, value):
    """A good ModelDeployment with one thing wrong."""
    manifest = manifests.model_deployment("refused", SOURCE)
    *parents, last = path
    place = manifest
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return manifest


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(changed("spec", "servng", value={}), 'unknown field "spec.servng"', id="unknown field"),
        pytest.param(changed("spec", "serving", "replicas", value="two"), "spec.serving.replicas", id="wrong type"),
        pytest.param(changed("spec", "serving", "replicas", value=-1), "spec.serving.replicas", id="below its minimum"),
        pytest.param(changed("spec", "model", "format", value="pickle"), "spec.model.format", id="no such format"),
        pytest.param(changed("spec", "model", "weights", value="../up.pt"), "spec.model.weights", id="way out"),
        pytest.param(changed("spec", "model", "inputs", value=[]), "spec.model.inputs", id="no inputs"),
        pytest.param(changed("spec", "model", "source", value={}), "exactly one source", id="no source"),
        pytest.param(
            changed("spec", "model", "source", value={**SOURCE, **manifests.from_claim("models")}),
            "exactly one source",
            id="two sources",
        ),
        pytest.param(changed("metadata", "name", value="a" * 41), "40 characters", id="name too long for its children"),
    ],
)
def test_bad_input_is_refused_by_name(workshop, manifest, words):
    with pytest.raises(kube.KubectlError) as refused:
        workshop.kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    assert words in str(refused.value)


def test_a_config_map_too_large_is_refused_with_the_limit(workshop):
    large = manifests.config_map("large", {"small.pt": bytes(1_600_000)})
    with pytest.raises(kube.KubectlError, match="1048576"):
        workshop.apply(large)
