"""The CustomResourceDefinitions as files: rendered, structural, described, small."""

import json
import pathlib

import pytest
import yaml

from model_operator.api import crd, schema

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEFINITIONS = {"modeldeployments": crd.model_deployment(), "modelbuilds": crd.model_build()}
KEYWORDS = {
    "type",
    "description",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "default",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "anyOf",
}


def root(definition):
    return definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def nodes(node, path=""):
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in node:
            yield from nodes(node[key], f"{path}.*")


@pytest.mark.parametrize(("name", "content"), crd.rendered().items())
def test_the_files_are_what_the_types_say(name, content):
    written = (ROOT / "crds" / name).read_text(encoding="utf-8")
    assert written == content, "run: python -m model_operator.api.crd"


@pytest.mark.parametrize("content", crd.rendered().values())
def test_a_definition_is_small_enough_for_client_side_apply(content):
    """As JSON: so the annotation of a client-side apply holds it, of 262,144 bytes at most."""
    assert len(json.dumps(yaml.safe_load(content), separators=(",", ":"))) <= 100_000
    assert "&id" not in content, "YAML aliases: some tools refuse them"


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_every_field_is_described(definition):
    bare = [path for path, node in nodes(root(definition)) if "description" not in node and not path.endswith(".*")]
    assert bare == [".metadata"], "kubectl explain shows these empty"


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_the_schema_is_structural(definition):
    for path, node in nodes(root(definition)):
        strange = {key for key in node if key not in KEYWORDS and not key.startswith("x-kubernetes-")}
        assert not strange, path
        assert ("type" in node) != ("anyOf" in node), path
        if "anyOf" in node:
            assert node[schema.INT_OR_STRING] is True, path
        assert isinstance(node.get("additionalProperties", {}), dict), path


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_every_list_has_a_bound(definition):
    lists = {path: node for path, node in nodes(root(definition)) if node.get("type") == "array"}
    assert [path for path, node in lists.items() if "maxItems" not in node] == []


def test_defaults_are_seen_where_they_say_something():
    spec = root(DEFINITIONS["modeldeployments"])["properties"]["spec"]["properties"]
    assert [name for name, node in spec.items() if "default" in node] == ["build", "artifact", "serving", "suspend"]
    serving = spec["serving"]["properties"]
    assert {name: node["default"] for name, node in serving.items() if "default" in node} == {
        "replicas": 1,
        "batching": {},
        "instances": {},
        "rollout": {},
        "shmSize": "256Mi",
    }


def test_the_operators_own_kind_has_no_defaults():
    assert not [path for path, node in nodes(root(DEFINITIONS["modelbuilds"])) if "default" in node]


def test_the_columns_tell_the_story():
    columns = DEFINITIONS["modeldeployments"]["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [column["name"] for column in columns] == [
        "Ready",
        "Reason",
        "Replicas",
        "Precision",
        "Accuracy",
        "Delta",
        "Speedup",
        "Size",
        "URL",
        "Age",
    ]
    assert [column["name"] for column in columns if not column.get("priority")] == [
        "Ready",
        "Reason",
        "Replicas",
        "Precision",
        "Delta",
        "URL",
        "Age",
    ]


def test_what_get_shows_of_digits_fits_a_terminal():
    """Columns as kubectl pads them: each as wide as its widest value, three spaces between."""
    shown = {"Name": "digits", "Ready": "True", "Reason": "Serving", "Replicas": "1", "Precision": "float32"}
    shown |= {"Delta": "-0.2 pt", "URL": "http://digits.default.svc:8000", "Age": "100m"}
    columns = DEFINITIONS["modeldeployments"]["spec"]["versions"][0]["additionalPrinterColumns"]
    narrow = ["Name", *(column["name"] for column in columns if not column.get("priority"))]
    assert len("   ".join(" " * max(len(name), len(shown[name])) for name in narrow)) <= 110


def test_replicas_can_be_scaled():
    version = DEFINITIONS["modeldeployments"]["spec"]["versions"][0]
    for path in (version["subresources"]["scale"]["specReplicasPath"], ".status.replicas", ".status.selector"):
        node = root(DEFINITIONS["modeldeployments"])
        for part in path.strip(".").split("."):
            node = node["properties"][part]


@pytest.mark.parametrize("content", crd.rendered().values())
def test_a_definition_is_yaml(content):
    assert yaml.safe_load(content)["kind"] == "CustomResourceDefinition"


def test_what_a_definition_cannot_say_is_refused():
    with pytest.raises(TypeError, match="uniqueItems"):
        schema.structural({"type": "array", "uniqueItems": True}, {})


def test_a_union_of_types_is_refused():
    with pytest.raises(TypeError, match="union of types"):
        schema.structural({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, {})
