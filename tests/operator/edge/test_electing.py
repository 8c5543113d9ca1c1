"""Candidates for a Lease, with a clock that only the test turns."""

import asyncio

import pytest
from edge import candidates

from model_operator import electing, errors, kinds, leases

KEY = kinds.Key(kinds.LEASE, "demo", candidates.LEASE)
TERMS = electing.Terms()


class Api:
    """Keeps one Lease, and checks versions as the API server does; failures first."""

    def __init__(self):
        self.lease: kinds.Manifest | None = None
        self.failures: list[Exception] = []
        self.lost = False
        self.version = 0
        self.writes = 0

    async def get(self, key):
        assert key == KEY
        if self.failures:
            raise self.failures.pop(0)
        return self.lease

    async def create(self, key, manifest):
        if self.lease is not None:
            raise errors.Conflict(409, "AlreadyExists", "it exists")
        return self._store(manifest)

    async def replace(self, key, manifest):
        if self.failures:
            raise self.failures.pop(0)
        if self.lease is None:
            raise errors.NotFound(404, "NotFound", "gone")
        if manifest["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise errors.Conflict(409, "Conflict", "changed meanwhile")
        return self._store(manifest)

    def _store(self, manifest):
        self.version += 1
        self.writes += 1
        self.lease = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.version)}}
        if self.lost:
            self.lost = False
            raise errors.Unreachable("the answer was lost")
        return self.lease

    def touch(self):
        """Somebody adds a label."""
        self._store({**self.lease, "metadata": {**self.lease["metadata"], "labels": {"a": "b"}}})


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def now():
    return [100.0]


@pytest.fixture
def candidate(api, now):
    return lambda name: electing.Election(api, KEY, name, TERMS, lambda: now[0])


@pytest.fixture
async def leader(candidate):
    made = candidate("one")
    await made.win()
    return made


async def test_nobody_may_write_before_it_leads(candidate):
    one = candidate("one")
    with pytest.raises(errors.NotLeading, match="is not held by one"):
        one.allowance()
    await one.win()
    assert one.leads
    assert one.allowance() == TERMS.lease - TERMS.margin


async def test_a_write_may_take_no_longer_than_until_another_may_lead(leader, now):
    now[0] += TERMS.renew - 0.1
    assert leader.allowance() == pytest.approx(TERMS.lease - TERMS.margin - TERMS.renew + 0.1)


async def test_after_the_deadline_nothing_is_written(leader, now):
    now[0] += TERMS.renew
    assert not leader.leads
    with pytest.raises(errors.NotLeading, match=r"not renewed for 10\.0 s"):
        leader.allowance()


async def test_a_renewal_counts_from_when_it_was_sent(leader, api, now, monkeypatch):
    store = api._store

    def slowly(manifest):
        now[0] += 3
        return store(manifest)

    monkeypatch.setattr(api, "_store", slowly)
    now[0] += 2
    assert await leader._attempted(leader._renew)
    assert leader.allowance() == TERMS.lease - TERMS.margin - 3


async def test_a_held_lease_is_left_alone_for_its_duration_by_our_own_clock(leader, candidate, api, now):
    two = candidate("two")
    api.lease["spec"]["renewTime"] = "2001-01-01T00:00:00.000000Z"
    assert not await two._take()
    now[0] += TERMS.lease - 0.1
    assert not await two._take()
    now[0] += 0.1
    assert await two._take()
    assert leases.holder(api.lease) == "two"
    assert api.lease["spec"]["leaseTransitions"] == 1


async def test_each_renewal_puts_off_who_waits(leader, candidate, now):
    two = candidate("two")
    for _ in range(10):
        assert not await two._take()
        now[0] += TERMS.retry
        assert await leader._attempted(leader._renew)
    assert leader.leads


async def test_a_holder_who_promised_longer_is_given_longer(leader, candidate, api, now):
    api.lease["spec"]["leaseDurationSeconds"] = 60
    two = candidate("two")
    assert not await two._take()
    now[0] += 59
    assert not await two._take()
    now[0] += 1
    assert await two._take()


async def test_a_released_lease_is_taken_at_once(leader, candidate, api):
    await leader.release()
    assert not leader.leads
    assert (leases.holder(api.lease), api.lease["spec"]["leaseDurationSeconds"]) == ("", 1)
    assert await candidate("two")._take()


async def test_who_does_not_lead_any_more_releases_nothing(leader, api, now):
    now[0] += TERMS.renew
    before = api.writes
    await leader.release()
    assert api.writes == before


async def test_of_two_that_take_it_at_once_one_leads(candidate, api):
    one, two = candidate("one"), candidate("two")
    await one._free()
    await two._free()
    first = await one._attempted(one._take)
    two._free = one_that_is_sure
    assert (first, await two._attempted(two._take)) == (True, False)
    assert (one.leads, two.leads) == (True, False)


async def one_that_is_sure():
    return True


async def test_a_lease_that_somebody_touched_stays_ours(leader, api, now):
    api.touch()
    now[0] += 2
    assert await leader._attempted(leader._renew)
    assert leader.allowance() == TERMS.lease - TERMS.margin


async def test_a_renewal_whose_answer_was_lost_costs_nothing(leader, api, now):
    api.lost = True
    now[0] += 2
    assert not await leader._attempted(leader._renew)
    assert await leader._attempted(leader._renew)
    assert leader.leads


@pytest.mark.parametrize("taken", [True, False], ids=["another's", "deleted"])
async def test_a_lease_that_is_not_ours_any_more_ends_us_at_once(leader, api, taken):
    api.lease = leases.taken(api.lease, KEY, "two", 15, electing._now()) if taken else None
    api._store(api.lease) if taken else None
    with pytest.raises(errors.NotLeading, match="held by two" if taken else "is gone"):
        await leader._attempted(leader._renew)
    with pytest.raises(errors.NotLeading):
        leader.allowance()


@pytest.mark.parametrize("error", [errors.Unreachable("down"), errors.ApiError(403, "Forbidden", "no"), TimeoutError()])
async def test_a_standby_survives_whatever_the_api_server_says(candidate, api, error):
    api.failures = [error]
    two = candidate("two")
    assert not await two._attempted(two._take)
    assert await two._attempted(two._take)


async def test_a_leader_that_cannot_renew_ends(api):
    one = electing.Election(api, KEY, "one", electing.Terms(lease=0.6, renew=0.3, retry=0.05, attempt=0.1, margin=0.1))
    await one.win()
    api.failures = [errors.Unreachable("down")] * 100
    with pytest.raises(errors.NotLeading, match="not renewed"):
        await asyncio.wait_for(one.keep(), 5)


async def test_a_renewal_that_hangs_is_given_up_at_the_deadline(api, monkeypatch):
    one = electing.Election(api, KEY, "one", electing.Terms(lease=0.6, renew=0.3, retry=0.05, attempt=60, margin=0.1))
    await one.win()
    monkeypatch.setattr(api, "replace", lambda *_: asyncio.Event().wait())
    with pytest.raises(errors.NotLeading, match=r"not renewed for 0\.3 s"):
        await asyncio.wait_for(one.keep(), 5)


class TestWhatWasReadBeforeHolds:
    """Whether the caches must be filled once more on coming to lead."""

    async def test_when_nobody_ever_led(self, candidate):
        one = candidate("one")
        await one.look()
        assert await one.win()

    async def test_when_the_last_leader_had_left_before(self, candidate, leader):
        await leader.release()
        two = candidate("two")
        await two.look()
        assert await two.win()

    async def test_not_when_somebody_led_and_left_meanwhile(self, candidate):
        two = candidate("two")
        await two.look()
        one = candidate("one")
        await one.win()
        await one.release()
        assert not await two.win()

    async def test_not_when_somebody_led_at_first(self, candidate, leader, now):
        two = candidate("two")
        await two.look()
        now[0] += TERMS.lease
        assert not await two.win()

    async def test_not_when_nobody_could_tell(self, candidate, api):
        api.failures = [errors.Unreachable("down")]
        one = candidate("one")
        await one.look()
        assert not await one.win()


def test_no_process_has_the_name_of_an_earlier_one():
    assert electing.identity() != electing.identity()
