"""Many mutations one after another: the way does not matter, only where it ends.

Every good mutation stands in a sequence, upon whatever the earlier ones have left. What they make together may well
contradict itself: then nothing that serves is touched, and the reason is told.
"""

import hashlib
import json

import pytest

import copies
from model_operator import kinds
from mutation import bases, mutations, pictures, sights, stories

LENGTH = 6
GOOD = {"True/Serving", "True/ScaledToZero"}
#: What two good mutations may make of each other.
CONTRADICTIONS = {
    "False/Suspended",
    "False/SpecInvalid",
    "False/ResourcesContradictory",
    "False/NoInt8OnThisRuntime",
    "False/EvaluationMissing",
    "False/CalibrationMissing",
    "False/GateWithoutLimit",
}


def sequences():
    """(base, mutations) such that each good mutation is in one."""
    known = {written(base): title for title, base in bases.ALL.items()}
    groups = {}
    for one in mutations.good():  # a base with room for a field may have been made for it
        groups.setdefault(written(one.base), []).append(one)
    for key, mine in groups.items():
        base, title = mine[0].base, known.get(key, f"with {mine[0].path}")
        mine.sort(key=lambda one: hashlib.sha256(one.name.encode()).digest())  # shuffled, and always alike
        for number in range(0, len(mine), LENGTH):
            yield pytest.param(base, mine[number : number + LENGTH], id=f"{title} {number // LENGTH}")


def written(spec):
    return json.dumps(spec, sort_keys=True)


def test_every_good_mutation_is_in_a_sequence():
    assert sum(len(sequence.values[1]) for sequence in sequences()) == len(mutations.good())


@pytest.mark.parametrize(("base", "sequence"), list(sequences()))
def test_two_ways_to_one_spec_end_alike(base, sequence):
    """A -> B -> C -> ... -> Z and A -> Z."""
    long, spec, last = stories.served(base), base, base
    for mutation in sequence:
        try:
            spec = mutation.upon(spec)
        except LookupError:  # an earlier one took its place away
            spec = mutation.spec
        if take(long, spec):
            last = spec
    long.change(last)
    long.settle()
    short = stories.served(base)
    short.change(last)
    short.settle()
    assert stories.children(long) == stories.children(short)
    still(long)


def take(story, spec):
    """One step; whether it was carried out. What is not leaves everything that serves as it was.

    Suspended, what serves may still be scaled.
    """
    before = template(story)
    story.change(spec)
    story.settle()
    if stories.brief(story) in GOOD:
        assert sights.unseen(spec, pictures.picture(story), at_first=False) == []
        return True
    assert stories.brief(story) in CONTRADICTIONS
    assert template(story) == before
    return False


def template(story):
    return copies.of(story.find(kinds.DEPLOYMENT)["spec"]["template"])


def still(story):
    """Nothing is written, and nothing told, when nothing changed."""
    before = copies.of(story.world.objects)
    story.world.reconcile(story.name)
    assert story.world.decision.events == ()
    story.reconcile_builds()
    assert story.world.decision.events == ()
    assert story.world.objects == before
