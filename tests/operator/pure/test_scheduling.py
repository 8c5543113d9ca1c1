"""The queue's promises, for any order of wakes, times and ends."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from model_operator import kinds, scheduling
from model_operator.scheduling import Line

KEYS = [kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", name) for name in "abc"]
a, b, c = KEYS


def schedule() -> scheduling.Schedule:
    return scheduling.Schedule(jitter=lambda: 0.0)


def drained(of: scheduling.Schedule, now: float) -> list[kinds.Key]:
    found = []
    while (key := of.take(now)) is not None:
        found.append(key)
    return found


def test_how_long_each_key_was_ready_is_told():
    waited = []
    queue = scheduling.Schedule(jitter=lambda: 0.0, waited=waited.append)
    queue.wake(a, 0, Line.ROUTINE)
    queue.wake(b, 1)
    queue.wake(a, 2)  # into another line: it has been waiting since
    drained(queue, 5)
    assert waited == [4, 5]
    queue.release(a, 5, again_after=10)
    drained(queue, 18)
    assert waited[2:] == [3]


def test_each_line_has_its_depth():
    queue = schedule()
    queue.wake(a, 0, Line.SERVING)
    queue.wake(b, 0)
    queue.wake(c, 0)
    assert queue.depths() == {Line.SERVING: 1, Line.NEWS: 2, Line.ROUTINE: 0}


def test_keys_come_in_the_order_in_which_they_were_woken_and_once_each():
    queue = schedule()
    for key in (a, b, a, c, b):
        queue.wake(key, 0)
    assert drained(queue, 0) == [a, b, c]


def test_a_key_that_is_handled_is_not_handed_out_again():
    queue = schedule()
    queue.wake(a, 0)
    assert queue.take(0) == a
    queue.wake(a, 0)
    assert queue.take(0) is None


def test_a_key_that_was_woken_while_it_was_handled_is_handled_once_more():
    queue = schedule()
    queue.wake(a, 0)
    queue.take(0)
    queue.wake(a, 0)
    queue.wake(a, 0)
    queue.release(a, 1)
    assert drained(queue, 1 + scheduling.REST) == [a]


def test_a_burst_of_news_is_handled_together_after_a_rest():
    queue = schedule()
    queue.wake(a, 0)
    queue.release(queue.take(0), 0)
    queue.wake(a, 0.01)
    queue.wake(a, 0.05)
    assert (queue.take(0.09), queue.next_due()) == (None, scheduling.REST)
    assert drained(queue, scheduling.REST) == [a]


def test_what_is_no_news_is_looked_at_in_a_while():
    queue = schedule()
    queue.later(a, 0)
    queue.later(a, 1)
    assert (queue.take(scheduling.LATER - 0.1), queue.next_due()) == (None, scheduling.LATER)
    assert drained(queue, scheduling.LATER) == [a]


def test_so_is_the_echo_of_a_handling():
    queue = schedule()
    queue.wake(a, 0)
    queue.later(queue.take(0), 0)
    queue.release(a, 1)
    assert (queue.take(scheduling.LATER + 0.9), queue.next_due()) == (None, 1 + scheduling.LATER)
    assert drained(queue, 1 + scheduling.LATER) == [a]


def test_what_is_no_news_keeps_nobody_from_his_turn():
    queue = schedule()
    queue.wake(a, 0)
    queue.later(a, 0)
    assert drained(queue, 0) == [a]


def test_who_is_about_to_serve_comes_first_and_who_has_no_cause_last():
    queue = schedule()
    queue.wake(a, 0, Line.ROUTINE)
    queue.wake(b, 0)
    queue.wake(c, 0, Line.SERVING)
    assert [queue.take(0) for _ in range(3)] == [c, b, a]
    assert queue.depth() == 0


def test_news_moves_a_key_forward_and_routine_never_back():
    queue = schedule()
    queue.wake(a, 0)
    queue.wake(b, 0, Line.ROUTINE)
    queue.wake(b, 0, Line.SERVING)
    queue.wake(b, 0, Line.ROUTINE)
    assert (queue.depth(), queue.take(0), queue.take(0)) == (2, b, a)


def test_news_about_a_key_that_is_handled_has_its_line_when_it_has_rested():
    queue = schedule()
    queue.wake(a, 0)
    queue.wake(queue.take(0), 0, Line.SERVING)
    queue.release(a, 0)
    queue.wake(b, scheduling.REST)
    assert queue.take(scheduling.REST) == a


def test_a_key_that_was_taken_begins_without_a_cause():
    queue = schedule()
    queue.wake(a, 0, Line.SERVING)
    queue.release(queue.take(0), 0, again_after=1)
    queue.wake(b, 1)
    assert drained(queue, 1) == [b, a]


def test_each_line_moves_on_though_those_before_it_never_end():
    queue = schedule()
    queue.wake(a, 0, Line.ROUTINE)
    queue.wake(b, 0)
    for at in range(3 * scheduling.PASSED_OVER):
        queue.wake(kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", f"serving-{at}"), 0, Line.SERVING)
    taken = [queue.take(0) for _ in range(3 * scheduling.PASSED_OVER)]
    assert taken.index(b) == scheduling.PASSED_OVER
    assert taken.index(a) == scheduling.PASSED_OVER + 1


def test_some_workers_are_kept_for_those_about_to_serve():
    queue = scheduling.Schedule(jitter=lambda: 0.0, ordinary=1)
    queue.wake(a, 0)
    queue.wake(b, 0)
    assert (queue.take(0), queue.take(0), queue.depth()) == (a, None, 1)
    queue.wake(c, 0, Line.SERVING)
    assert (queue.take(0), queue.take(0)) == (c, None)
    queue.release(c, 0)
    assert queue.take(0) is None
    queue.release(a, 0)
    assert queue.take(0) == b


def test_news_supersedes_what_is_none():
    queue = schedule()
    queue.wake(a, 0)
    queue.later(queue.take(0), 0)
    queue.release(a, 0)
    queue.wake(a, 1)
    assert drained(queue, 1) == [a]
    queue.release(a, 1)
    assert queue.take(100) is None


def test_news_after_the_rest_is_handled_at_once():
    queue = schedule()
    queue.wake(a, 0)
    queue.release(queue.take(0), 0)
    queue.wake(a, scheduling.REST)
    assert queue.take(scheduling.REST) == a


def test_who_rests_is_forgotten_when_the_rest_is_over():
    queue = schedule()
    for key in KEYS:
        queue.wake(key, 0)
        queue.release(queue.take(0), 0)
    queue.take(scheduling.REST)
    assert not queue._rests


def test_a_key_that_is_woken_without_end_waits_in_line_behind_the_others():
    queue = schedule()
    queue.wake(a, 0)
    queue.take(0)
    queue.wake(a, 0)
    queue.wake(b, 0)
    queue.release(a, 0)
    assert drained(queue, scheduling.REST) == [b, a]


def test_a_wish_to_look_again_is_granted_in_time_and_not_before():
    queue = schedule()
    queue.wake(a, 0)
    queue.take(0)
    queue.release(a, 0, again_after=10)
    assert (queue.take(9.9), queue.next_due()) == (None, 10)
    assert queue.take(10) == a


def test_an_earlier_wake_supersedes_a_later_one():
    queue = schedule()
    queue.wake(a, 0)
    queue.release(queue.take(0), 0, again_after=10)
    queue.wake(a, 1)
    assert queue.take(1) == a
    queue.release(a, 1)
    assert (queue.next_due(), queue.take(11)) == (None, None)


def test_of_two_times_the_earlier_counts():
    queue = schedule()
    queue.wake(a, 0)
    for _ in range(4):
        pause = queue.fail(queue.take(queue.next_due() or 0), 0)
    assert (pause, queue.next_due()) == (4.0, 4.0)
    queue.wake(a, 0)
    assert queue.next_due() == scheduling.FIRST_PAUSE


def test_the_oldest_handling_is_known_and_whose_it_is():
    queue = schedule()
    queue.wake(a, 0)
    queue.wake(b, 0)
    queue.take(1)
    queue.take(2)
    assert queue.longest(5) == (4, a)
    queue.release(a, 5)
    assert queue.longest(6) == (4, b)
    queue.release(b, 6)
    assert queue.longest(7) == (0, None)


def test_that_nobody_takes_what_is_ready_is_known():
    queue = schedule()
    assert queue.idle(100) == 0
    queue.wake(a, 100)
    queue.wake(b, 105)
    assert queue.idle(110) == 10
    queue.take(110)
    assert queue.idle(111) == 1
    queue.take(112)
    assert queue.idle(1000) == 0


def test_pauses_double_up_to_a_limit_and_a_success_forgets_them():
    queue, now, pauses = schedule(), 0.0, []
    for _ in range(14):
        queue.wake(a, now)
        now = queue.next_due() or now
        assert queue.take(now) == a
        pauses.append(queue.fail(a, now))
        now += pauses[-1]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == scheduling.LONGEST_PAUSE
    assert queue.take(now) == a
    queue.release(a, now)
    queue.wake(a, now)
    queue.take(now)
    assert queue.fail(a, now) == 0.5


def test_jitter_shortens_a_pause_by_up_to_half():
    queue = scheduling.Schedule(jitter=lambda: 0.999)
    queue.wake(a, 0)
    queue.take(0)
    assert queue.fail(a, 0) == pytest.approx(0.25, abs=0.01)


def test_news_about_a_failing_key_cuts_the_pause_short_but_does_not_abolish_it():
    queue = schedule()
    for _ in range(8):
        queue.wake(a, 0)
        now = queue.next_due() or 0
        queue.take(now)
        queue.fail(a, now)
    queue.wake(a, now)
    assert queue.take(now) is None
    assert queue.next_due() == now + scheduling.FIRST_PAUSE


class Promises(RuleBasedStateMachine):
    """A model of what was asked for, beside the queue: nothing handled twice at once, nothing lost."""

    def __init__(self):
        super().__init__()
        self.queue, self.now = schedule(), 0.0
        self.active: set[kinds.Key] = set()
        self.owed: set[kinds.Key] = set()

    @rule(key=st.sampled_from(KEYS), line=st.sampled_from(Line))
    def wake(self, key, line):
        self.queue.wake(key, self.now, line)
        self.owed.add(key)

    @rule(key=st.sampled_from(KEYS))
    def later(self, key):
        self.queue.later(key, self.now)
        self.owed.add(key)

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def take(self):
        key = self.queue.take(self.now)
        if key is not None:
            assert key not in self.active
            self.active.add(key)
            self.owed.discard(key)

    @rule(data=st.data(), again=st.none() | st.floats(0, 20), well=st.booleans())
    def end(self, data, again, well):
        if not self.active:
            return
        key = data.draw(st.sampled_from(sorted(self.active, key=str)))
        self.active.discard(key)
        if well:
            self.queue.release(key, self.now, again_after=again)
        else:
            assert self.queue.fail(key, self.now) <= scheduling.LONGEST_PAUSE
        if again is not None or not well:
            self.owed.add(key)

    @invariant()
    def whatever_is_owed_comes_in_the_end(self):
        """On a copy: end all handlings, wait long enough, and look who comes."""
        owed = self.owed - self.active
        due = self.queue.next_due()
        assert not owed or self.queue.depth() or due is not None

    def teardown(self):
        for key in self.active:
            self.queue.release(key, self.now)
        assert self.owed <= set(drained(self.queue, self.now + 1e6))


Promises.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestPromises = Promises.TestCase
