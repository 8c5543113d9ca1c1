"""Declared values reach the children: of a new ModelDeployment, and of one that serves."""

import pytest

import copies
from model_operator.api import deployment
from mutation import mutations, pictures, sights, stories

GOOD = [pytest.param(one, id=one.name[:120]) for one in mutations.good()]
#: What reaches the servers as one text is changed by one value of each field: the others take the same way.
ONE_TEXT = "spec.serving.modelConfig."


def to_change():
    """Of the fields of one text a single value each; of all others every one."""
    seen = set()
    for parameter in GOOD:
        [mutation] = parameter.values
        if not (mutation.path.startswith(ONE_TEXT) and mutation.path in seen):
            yield parameter
        seen.add(mutation.path)


CHANGED = list(to_change())


def meaning(spec):
    """What a spec says, defaults and all."""
    return deployment.ModelDeploymentSpec.model_validate(spec)


@pytest.mark.parametrize("mutation", GOOD)
def test_a_declared_value_reaches_new_children(mutation):
    story = stories.served(mutation.spec)
    assert stories.brief(story) == mutations.READY.get(mutation.name, "True/Serving")
    if not mutation.spec.get("suspend"):
        assert sights.unseen(mutation.spec, pictures.picture(story), at_first=True) == []


@pytest.mark.parametrize("mutation", CHANGED)
def test_a_changed_value_reaches_those_that_serve_and_going_back_undoes_it(mutation):
    story = stories.served(mutation.base)
    before, first = copies.of(pictures.picture(story)), stories.children(story)
    story.change(mutation.spec)
    story.settle()
    assert stories.brief(story) == mutations.READY.get(mutation.name, "True/Serving")
    after = pictures.picture(story)
    if mutation.spec.get("suspend"):
        assert after["build"]["spec"]["execution"]["suspend"]
        assert after["server"] == before["server"]
    else:
        assert sights.unseen(mutation.spec, after, at_first=False) == []
        assert (stripped(after) != stripped(before)) == tells(mutation), "declared, and ignored"
    story.change(mutation.base)
    story.settle()
    assert stories.children(story) == first


@pytest.mark.parametrize("mutation", CHANGED)
def test_what_was_changed_is_as_if_it_had_been_made_so(mutation):
    """Nothing of the former spec is left over. Suspended, what was made stays by promise."""
    story = stories.served(mutation.base)
    story.change(mutation.spec)
    story.settle()
    if not mutation.spec.get("suspend"):
        assert stories.children(story) == stories.children(stories.served(mutation.spec))


def tells(mutation):
    """It says something else than its base, about something that can still change."""
    silent = (*sights.KEPT, *sights.NOWHERE, *sights.HOLDERS)
    shows = not mutation.path.startswith(silent)
    return meaning(mutation.spec) != meaning(mutation.base) and shows


def stripped(tree):
    """Without what changes with every write."""
    return {
        name: {key: value for key, value in part.items() if key not in ("metadata", "status")}
        for name, part in tree.items()
    }


def test_what_is_kept_is_what_its_description_says():
    story = stories.served(mutations.bases.ON_CPU)
    before = copies.of(pictures.picture(story)["claim"])
    changed = copies.of(mutations.bases.ON_CPU)
    changed["artifact"] |= {"size": "50Gi", "storageClassName": "slow"}
    story.change(changed)
    story.settle()
    assert pictures.picture(story)["claim"] == before
