"""The CustomResourceDefinitions come from one place, are upgraded with the chart, and outlive it."""

import json

import yaml

from chart import conftest

SOURCE = sorted((conftest.ROOT / "crds").glob("*.yaml"))
KEEP = {"helm.sh/resource-policy": "keep"}


def definitions(objects):
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == "CustomResourceDefinition"}


def test_the_chart_has_those_of_the_repository_and_keeps_them(rendered):
    expected = definitions([yaml.safe_load(file.read_text()) for file in SOURCE])
    for definition in expected.values():
        definition["metadata"].setdefault("annotations", {}).update(KEEP)
    assert expected
    assert definitions(rendered) == expected


def test_somebody_else_may_apply_them(helm):
    assert not definitions(helm.template(crds__install="false"))


def test_a_packaged_chart_has_them_too(helm, tmp_path):
    helm("package", conftest.CHART, "--destination", tmp_path)
    [package] = tmp_path.glob("*.tgz")
    text = helm("template", "modelsmith", package, *conftest.chosen({})).stdout
    assert len(definitions(conftest.objects(text))) == len(SOURCE)


def test_each_is_small_enough_for_every_way_to_apply_it():
    """The annotation of a client-side apply holds 262,144 bytes of JSON at most."""
    assert all(len(json.dumps(yaml.safe_load(file.read_text()))) < 100_000 for file in SOURCE)
