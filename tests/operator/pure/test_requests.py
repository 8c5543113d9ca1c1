"""How a build's request reaches the builder: in an annotation of its pods, which always has room for it."""

import json

import pytest
from pure import making, test_pods

from model_builder import contract
from model_operator import kinds, names
from model_operator.api import crd

#: Bytes of all annotations of an object: TotalAnnotationSizeLimitB in Kubernetes' apimachinery.
ROOM = 256 * 1024
#: Bytes of a character, as JSON may have to write it: an escape of six for each half of a surrogate pair.
ESCAPED = 12
#: Digits, sign and exponent of any number.
NUMBER = 24
#: Written by the operator alone, and short.
OURS = {"recipe"}


@pytest.fixture(params=test_pods.SPECS.values(), ids=test_pods.SPECS)
def building(request):
    world = making.world(**request.param)
    making.start_build(world)
    return world


def template(world):
    return world.find(kinds.JOB)["spec"]["template"]


def longest(node):
    """Bytes of the longest JSON that a schema lets through, and a few more. KeyError where it sets no bound."""
    if "enum" in node:
        return max(len(json.dumps(value)) for value in node["enum"])
    match node["type"]:
        case "object":
            fields = node.get("properties", {}).items()
            return 2 + sum(len(name) + 4 + longest(child) for name, child in fields if name not in OURS)
        case "array":
            return 2 + node["maxItems"] * (1 + longest(node["items"]))
        case "string":
            return 2 + ESCAPED * node["maxLength"]
    return NUMBER


def test_the_pods_carry_what_the_build_is_asked(building):
    told = template(building)["metadata"]["annotations"][names.REQUEST]
    asked = building.find(kinds.MODEL_BUILD)["spec"]["request"]
    assert contract.BuildRequest.model_validate_json(told) == contract.BuildRequest.model_validate(asked)


def test_the_steps_find_it_in_a_file_that_the_kubelet_makes_of_it(building):
    [volume] = [one for one in template(building)["spec"]["volumes"] if one["name"] == "request"]
    [item] = volume["downwardAPI"]["items"]
    assert item == {"path": "request.json", "fieldRef": {"fieldPath": f"metadata.annotations['{names.REQUEST}']"}}


def test_a_build_makes_a_job_and_nothing_else(building):
    building.drop(building.find(kinds.JOB))
    building.reconcile_build()
    made = [key.kind for key in building.objects if key.name not in making.GIVEN and key.kind not in kinds.OWN]
    assert made.count(kinds.JOB) == 1
    assert kinds.CONFIG_MAP not in made


def test_whatever_the_schema_lets_through_fits_many_times():
    version = crd.model_build()["spec"]["versions"][0]
    request = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["request"]
    assert longest(request) * 4 < ROOM
