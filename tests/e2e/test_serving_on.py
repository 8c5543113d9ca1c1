"""A bad change to a good service: it is told, and what served goes on."""

import pytest

from e2e import manifests, predicting, smallmodels, waiting


@pytest.fixture
def spoilt(workshop, served):
    """A service whose spec now names a file that is not there, once that is told."""
    changed = manifests.model_deployment(served, manifests.from_config_map("small"), model={"weights": "absent.pt"})
    workshop.apply(changed)
    waiting.condition(workshop, served, "Ready", "False", "FileNotInSource", seconds=60)
    return served


def test_after_a_bad_change_the_good_version_serves_on(workshop, spoilt):
    said = waiting.current(workshop.get("mdep", spoilt))
    assert said["Available"]["status"] == "True"
    assert predicting.mark(workshop, spoilt) == 1


def test_the_bad_change_is_taken_back_by_one_apply(workshop, spoilt):
    workshop.apply(manifests.model_deployment(spoilt, manifests.from_config_map("small")))
    waiting.ready(workshop, spoilt, seconds=60)


def test_new_weights_that_do_not_fit_never_reach_the_clients(workshop, served):
    spoilt_files = {**smallmodels.files(9), "small.pt": smallmodels.weights(9, 5)}
    workshop.apply(manifests.config_map("spoilt", spoilt_files))
    workshop.apply(manifests.model_deployment(served, manifests.from_config_map("spoilt")))
    waiting.condition(workshop, served, "Ready", "False", "WeightsMismatch", seconds=180)
    assert predicting.mark(workshop, served) == 1
