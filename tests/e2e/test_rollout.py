"""A changed model: what served goes on until the new one serves, and nobody notices."""

import pytest

from e2e import loading, manifests, predicting, smallmodels, waiting


@pytest.fixture(scope="module")
def name(workshop):
    """A ModelDeployment of `small` that serves."""
    workshop.apply(manifests.model_deployment("rolling", manifests.from_config_map("small")))
    waiting.ready(workshop, "rolling")
    yield "rolling"
    workshop.delete("mdep", "rolling")


@pytest.fixture(scope="module")
def rolled(workshop, name, measured):
    """What twenty clients saw while the model was changed under them."""
    workshop.apply(manifests.config_map("small-two", smallmodels.files(2)))
    address = predicting.address(workshop, name)
    with loading.Crowd(f"http://{address}/v2/models/{name}/infer", smallmodels.ZERO) as crowd:
        workshop.apply(manifests.model_deployment(name, manifests.from_config_map("small-two")))
        waiting.ready(workshop, name)
        waiting.until("the old server is gone", lambda: len(servers(workshop, name)) == 1, 120, workshop)
    tally = crowd.tally
    measured(
        "changed model under 20 clients: requests, failures",
        f"{tally.requests}, {len(tally.failures)} ({tally.broken} kept connections found closed and renewed)",
    )
    return tally


def test_no_request_fails_through_a_rollout(rolled):
    assert rolled.failures == []


def test_every_answer_is_the_old_models_or_the_new_ones(rolled):
    assert set(rolled.answers) == {1.0, 2.0}
    assert sum(rolled.answers.values()) == rolled.requests


def test_afterwards_only_the_new_model_answers(workshop, name, rolled):
    assert {predicting.mark(workshop, name) for _ in range(20)} == {2.0}


def test_the_history_names_both(workshop, name, rolled):
    history = workshop.get("mdep", name)["status"]["history"]
    assert len({entry["artifact"] for entry in history}) == 2


def servers(namespace, name: str) -> list:
    """The pods that serve, those on their way out among them."""
    return namespace.list("pods", f"modelsmith.dev/deployment={name},modelsmith.dev/track=stable")
