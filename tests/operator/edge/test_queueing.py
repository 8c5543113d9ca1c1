"""Who waits for a schedule is woken in time, and nobody else."""

import asyncio

import pytest

from model_operator import kinds, queueing, scheduling

KEYS = [kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", name) for name in "abc"]
a, b, c = KEYS


async def test_a_waiting_worker_is_woken():
    queue = queueing.Queue()
    worker = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    queue.wake([a])
    assert await asyncio.wait_for(worker, 1) == a


async def test_a_waiting_worker_gets_a_delayed_key_when_it_is_due():
    queue = queueing.Queue()
    queue.wake([a])
    queue.release(await queue.take(), again_after=0.01)
    assert await asyncio.wait_for(queue.take(), 1) == a


async def test_a_key_that_was_given_to_a_worker_who_ends_just_then_is_handled_by_another():
    queue = queueing.Queue()
    ending, other = asyncio.ensure_future(queue.take()), asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    queue.wake([a])
    await asyncio.sleep(0)
    ending.cancel()
    assert await asyncio.wait_for(other, 1) == a


async def test_who_ends_while_waiting_is_given_nothing():
    queue = queueing.Queue()
    ending, other = asyncio.ensure_future(queue.take()), asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.sleep(0)
    queue.wake([a])
    assert await asyncio.wait_for(other, 1) == a


async def test_what_wakes_a_key_twice_at_once_is_handled_once():
    queue = queueing.Queue()
    worker = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    queue.wake([a])
    queue.wake([a])
    queue.release(await worker)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.take(), 3 * scheduling.REST)


async def test_many_workers_share_the_keys_and_none_is_handled_twice_at_once(monkeypatch):
    monkeypatch.setattr(scheduling, "REST", 0)
    queue, active, handled = queueing.Queue(), set(), []

    async def work():
        while len(handled) < 60:
            key = await queue.take()
            assert key not in active
            active.add(key)
            await asyncio.sleep(0)
            queue.wake([key])
            active.discard(key)
            handled.append(key)
            queue.release(key)

    queue.wake(KEYS)
    workers = [asyncio.ensure_future(work()) for _ in range(4)]
    done, rest = await asyncio.wait(workers, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert done
    for worker in rest:
        worker.cancel()
    assert all(abs(handled.count(key) - 20) <= 2 for key in KEYS)
