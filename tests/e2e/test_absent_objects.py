"""Objects that a ModelDeployment names and that are not there: said by name, and healed by making them."""

import pytest

from e2e import manifests, predicting, smallmodels, stocking, waiting
from model_operator import names


@pytest.fixture(scope="module")
def waiting_for(namespace):
    """Two ModelDeployments whose sources are not there, and the namespace."""
    namespace.apply(
        manifests.model_deployment("no-claim", manifests.from_claim("absent-claim")),
        manifests.model_deployment("no-map", manifests.from_config_map("absent-map")),
    )
    return namespace


@pytest.mark.parametrize(("name", "missing"), [("no-claim", "absent-claim"), ("no-map", "absent-map")])
def test_a_source_that_does_not_exist_is_named(waiting_for, name, missing):
    waiting.condition(waiting_for, name, "Ready", "False", "SourceNotFound", seconds=60)
    assert missing in words(waiting_for, name)


def test_a_missing_claim_heals_once_it_is_made(waiting_for, images):
    stocking.put(waiting_for, "absent-claim", smallmodels.files(3), images["serving"])
    waiting_for.annotate("mdep", "no-claim", names.REQUESTED_AT, "written")
    waiting.ready(waiting_for, "no-claim")
    assert predicting.mark(waiting_for, "no-claim") == 3


def test_a_missing_config_map_heals_once_it_is_made(waiting_for):
    waiting_for.apply(manifests.config_map("absent-map", smallmodels.files(3)))
    waiting.ready(waiting_for, "no-map")
    assert predicting.mark(waiting_for, "no-map") == 3


def words(namespace, name: str) -> str:
    """The message of Ready."""
    return waiting.current(namespace.get("mdep", name))["Ready"]["message"]
