"""Whatever goes wrong, the end is the same: fault plans after Sieve (Sun et al., OSDI '22), in memory.

A clean run of each story is recorded; then the story is run again and again, and each time something goes wrong at one
of its points (two, in the pairs). To run one plan again, with the name that a failure gives:

    MODELSMITH_FAULT_PLAN="crash-after @ apply Service digits #1" pytest tests/faults -k create

A name that no selected story knows fails, and lists those that they know. `MODELSMITH_FAULT_PLANS=all` runs every fault
at every point of every story, some 5,000 plans; what it finds is run again with both variables set.
"""

import functools
import os
import re
from collections.abc import Iterable, Sequence

import pytest

from faults import oracles, plans, runs, stories
from model_operator import applying
from model_operator.builds import deciding
from model_operator.builds import state as build_state

#: At every point of these the faults that matter most, and one more; of the others one fault a point.
THOROUGH = (stories.CREATE, stories.CHANGE, stories.SCALE, stories.DELETE)
PAIRS = 30
SORTS = (*plans.Sort, "pair")
each_story = pytest.mark.parametrize("story", stories.EVERY, ids=lambda story: story.name)


@functools.cache
def clean(story: stories.Story) -> runs.Run:
    return runs.run(story, plans.Plan(), given(story))


def given(story: stories.Story):
    return clean(story.given).snapshot if story.given else None


def chosen(story: stories.Story, sort: str) -> Sequence[plans.Plan]:
    points = clean(story).points
    if sort == "pair":
        return plans.pairs(points, PAIRS, story.name)
    choose = plans.always if story in THOROUGH else plans.in_turn
    if os.environ.get("MODELSMITH_FAULT_PLANS") == "all":
        choose = plans.single
    return choose([point for point in points if point.sort == sort])


def check_known(only: str | None, selected: Iterable[stories.Story]) -> None:
    """Raise ValueError when a plan is asked for that none of these stories has: nothing would be run, and all pass."""
    known = [(plan.name, story.name) for story in selected for sort in SORTS for plan in chosen(story, sort)]
    if only is not None and only not in dict(known):
        every = "".join(f"\n    {name}  ({story})" for name, story in sorted(known))
        message = f"MODELSMITH_FAULT_PLAN: no selected story has a plan {only!r}; there are:{every or ' none'}"
        raise ValueError(message)


@pytest.fixture(scope="module")
def only(request: pytest.FixtureRequest) -> str | None:
    """The name of the one plan that is asked for, if one is."""
    asked = os.environ.get("MODELSMITH_FAULT_PLAN")
    if asked is not None:
        params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
        check_known(asked, {each["story"] for each in params if "sort" in each and "story" in each})
    return asked


def violations(story: stories.Story, plan: plans.Plan) -> list[str]:
    usual, found = clean(story), runs.run(story, plan, given(story))
    unmet = [] if found.met else ["its point was never reached"]
    return [
        *unmet,
        *found.violations,
        *oracles.differences(usual.end, found.end),
        *oracles.surplus(plan, usual.writes, found.writes),
    ]


@each_story
def test_without_a_fault_nothing_is_wrong(story):
    assert clean(story).violations == []


@pytest.mark.parametrize("story", [stories.DELETE, stories.SHARE, stories.REGISTRY], ids=lambda story: story.name)
def test_deletion_leaves_nothing(story):
    assert stories.leftovers(clean(story).snapshot) == []


@each_story
def test_a_run_is_the_same_each_time(story):
    again = runs.run(story, plans.Plan(), given(story))
    assert (again.points, again.writes) == (clean(story).points, clean(story).writes)


@each_story
@pytest.mark.parametrize("sort", SORTS, ids=str)
def test_the_end_is_the_same_whatever_goes_wrong(story, sort, only):
    found = {
        plan.name: wrong
        for plan in chosen(story, sort)
        if only in (None, plan.name) and (wrong := violations(story, plan))
    }
    lines = (f"{name}\n    " + "\n    ".join(wrong[:6]) for name, wrong in found.items())
    assert not found, f"{len(found)} plans of {story.name}:\n" + "\n".join(lines)


def test_a_plan_that_no_selected_story_has_is_refused_with_those_that_are_known():
    known = chosen(stories.CREATE, plans.Sort.WRITE)[0].name
    check_known(known, [stories.CREATE])
    line = re.escape(f"    {known}  (create)")
    with pytest.raises(ValueError, match=rf"no selected story has a plan 'crsh'(.*\n)*{line}"):
        check_known("crsh", [stories.CREATE])


def _no_memory(*_):
    """What a write found gone is believed to be there until its deletion is told."""


def _all_unfinished(observed):
    """A Job whose end was not seen yet is removed, though it has answered."""
    return tuple(job for job in observed.jobs if observed.answered and not build_state.over(job))


#: Where something that guards the operator is taken away, under which faults, and how that shows.
DEFECTS = {
    "memory of what is gone": (
        applying.Applier,
        "_forget",
        _no_memory,
        stories.SHARE,
        "held @ MODIFIED ModelDeployment two #1",
    ),
    "care for what answered": (deciding, "garbage", _all_unfinished, stories.CREATE, "crash-into-the-past"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_noticed(monkeypatch, defect):
    where, name, instead, story, faults = DEFECTS[defect]
    suspects = [plan for plan in plans.single(clean(story).points) if plan.name.startswith(faults)]
    assert not [wrong for plan in suspects for wrong in violations(story, plan)]
    monkeypatch.setattr(where, name, instead)
    assert [wrong for plan in suspects for wrong in violations(story, plan)]


def test_there_are_more_than_a_thousand_plans(record_property):
    count = sum(len(chosen(story, sort)) for story in stories.EVERY for sort in SORTS)
    record_property("fault plans", count)
    assert count >= 1000
