"""Bad, then good: what served serves on meanwhile, the field is named, and the good spec gives the good state."""

import pytest
from pure import worlds

import copies
from model_operator import kinds
from model_operator.api import deployment, parsing
from mutation import bases, mutations, schemas, stories


@pytest.mark.parametrize("title", bases.ALL)
def test_after_every_bad_spec_the_good_one_gives_the_good_state(title):
    base = bases.ALL[title]
    story = stories.served(base)
    good = stories.children(story)
    for mutation in mutations.bad():
        if mutation.base != base:
            continue
        server = copies.of(story.find(kinds.DEPLOYMENT))
        story.change(mutation.spec)
        story.world.reconcile(story.name)
        if refused(mutation.spec):
            assert story.find(kinds.DEPLOYMENT) == server, mutation.name
            assert names_the_field(story.status, mutation), mutation.name
            story.change(base)
            story.world.reconcile(story.name)
        else:  # ours are more patient than the API server, which lets nothing of it come to us
            story.change(base)
            story.settle()
        assert stories.children(story) == good, mutation.name


def test_what_is_hopeless_says_why_and_serves_on():
    for mutation in mutations.every():
        if mutation.name in mutations.HOPELESS:
            story = stories.served(mutation.base)
            server = copies.of(story.find(kinds.DEPLOYMENT))
            story.change(mutation.spec)
            story.settle()
            assert stories.brief(story) == mutations.HOPELESS[mutation.name]
            for kept in ("template", "replicas", "selector"):
                assert story.find(kinds.DEPLOYMENT)["spec"][kept] == server["spec"][kept]


@pytest.mark.parametrize("missing", ["config map", "file"])
def test_what_waits_for_a_source_serves_on_and_goes_on(missing):
    story = stories.served(bases.ON_CPU)
    good, server = stories.children(story), copies.of(story.find(kinds.DEPLOYMENT))
    wrong = {"config map": ("spec.model.source.configMap.name", "none"), "file": ("spec.model.weights", "none.pt")}
    story.change(schemas.put(bases.ON_CPU, *wrong[missing]))
    story.settle()
    assert stories.brief(story) in {"False/SourceNotFound", "False/FileNotInSource"}
    assert story.find(kinds.DEPLOYMENT) == server
    story.change(bases.ON_CPU)
    story.settle()
    assert stories.children(story) == good


def refused(spec):
    """Our own types do not take it."""
    return parsing.spec(deployment.ModelDeploymentSpec, {"spec": spec})[0] is None


def names_the_field(status, mutation):
    """Accepted is False, and says where it is wrong: at the field, or what stands around it."""
    accepted = worlds.condition(status, "Accepted")
    path = mutation.path.split("[]")[0].split("{}")[0]
    about = {path, path.rpartition(".")[0]}
    return (accepted["status"], accepted["reason"]) == ("False", "SpecInvalid") and any(
        one in accepted["message"] for one in about
    )
