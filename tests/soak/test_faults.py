"""Fault plans (after Sieve, OSDI'22) against the real API server, through a proxy that carries them out.

Held against each story: the state in the end is that of clean runs, each object is written as often (`judging`), three
resyncs of a new process write nothing, and after its deletion nothing is left.
"""

import collections
import random
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from edge import clusters

from soak import judging, plans, reporting, telling

#: Seconds between resyncs: none comes within a round, and some do.
SELDOM, OFTEN = 600.0, 5.0
CLEAN_RUNS = 5
#: A fault whose call or event did not come up is no plan: a gap that another one caused swallowed it, say.
ENOUGH, KILLS = 60, 20


@pytest.fixture(scope="module")
def clean(teller: telling.Teller) -> judging.Clean:
    """What a story does when nothing goes wrong."""
    teller.proxy.calls.clear()
    told = teller.round([plans.Plan()] * CLEAN_RUNS, SELDOM)
    made = judging.Clean.of(told, [_seen(teller, each.namespace) for each in told])
    assert not [str(each) for each in told if each.violations]
    return made


@pytest.fixture(scope="module")
def tally(clean: judging.Clean) -> Iterator[collections.Counter[str]]:
    """Plans, kills and violations of all tests together; told in the end."""
    counted, started = collections.Counter[str](), time.monotonic()
    yield counted
    numbers = ", ".join(f"{counted[what]} {what}" for what in ("plans", "kills", "violations"))
    reporting.say(f"fault plans: {numbers}, {time.monotonic() - started:.0f} s")


def _seen(teller: telling.Teller, namespace: clusters.Namespace) -> plans.Seen:
    return collections.Counter(
        (call.verb, call.plural) for call in teller.proxy.calls if call.namespace == namespace.name
    )


class Judge:
    """Runs rounds, and fails with every violation."""

    def __init__(self, teller: telling.Teller, clean: judging.Clean, tally: collections.Counter[str]) -> None:
        self.teller, self.clean, self.tally = teller, clean, tally

    def round(self, chosen: Sequence[plans.Plan], resync: float, tick: Callable[[], None] = lambda: None) -> int:
        """One round; answers how often the operator ended."""
        started, before = time.monotonic(), self.teller.operator.exits
        told, struck = self.teller.round(chosen, resync, tick), self.teller.proxy.armed.struck
        exits = self.teller.operator.exits - before
        for each in told:
            self.clean.judge(each, struck[each.namespace.name], exits)
        wrong = [str(each) for each in told if each.violations]
        tried = sum(1 for each in told if each.plan.fault is None or struck[each.namespace.name])
        self.tally.update(plans=tried, kills=exits, violations=len(wrong))
        again = sum(sum(each.last_writes.values()) for each in told)
        reporting.say(
            f"{tried} of {len(told)} plans, {len(wrong)} violations, {exits} ends of the operator, "
            f"{again} writes after the deletions, {time.monotonic() - started:.0f} s"
        )
        assert not wrong, "\n".join(wrong)
        return exits


@pytest.fixture
def judge(teller: telling.Teller, clean: judging.Clean, tally: collections.Counter[str]) -> Judge:
    """Of one test."""
    return Judge(teller, clean, tally)


def test_a_call_that_fails_changes_nothing_in_the_end(judge):
    assert judge.round(plans.calls(judge.clean.seen, 26), SELDOM) == 0


def test_a_gap_in_a_watch_changes_nothing_in_the_end(judge):
    assert judge.round(plans.gaps(judge.clean.seen, 26), SELDOM) == 0


def test_events_that_lie_change_nothing_in_the_end(judge):
    assert judge.round(plans.events(judge.clean.seen, 22), OFTEN) == 0


def test_sigkill_before_or_after_a_write_changes_nothing_in_the_end(judge):
    assert judge.round(plans.kills(judge.clean.seen, 12), SELDOM) >= 10


def test_sigkill_at_any_time_changes_nothing_in_the_end(judge):
    dice, due = random.Random(plans.SEED), [0.0]  # noqa: S311 - no secret

    def tick() -> None:
        if time.monotonic() >= due[0]:
            due[0] = time.monotonic() + dice.uniform(1.0, 5.0)
            judge.teller.operator.slay()

    while judge.tally["kills"] < KILLS:
        judge.round([plans.Plan()] * 4, SELDOM, tick)


def test_so_many_were_tried(tally):
    assert tally["plans"] >= ENOUGH
    assert tally["kills"] >= KILLS
