"""What a process does before it leads, when it comes to lead, and when it leads no more."""

import asyncio

import pytest
from edge import processes

from model_operator import caching, errors, kinds, metrics, queueing, reconciling, running, settings

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "digits")
MANIFEST = {"metadata": {"name": "digits", "namespace": "demo", "uid": "u", "resourceVersion": "1"}}


class Election:
    """Won when the test says so."""

    def __init__(self, *, undisturbed: bool):
        self.won, self.lost = asyncio.Event(), asyncio.Event()
        self.undisturbed = undisturbed
        self.leads = self.released = False

    async def win(self) -> bool:
        await self.won.wait()
        self.leads = True
        return self.undisturbed

    async def keep(self):
        await self.lost.wait()
        raise errors.NotLeading("no more")

    async def release(self):
        self.leads, self.released = False, True


class Process:
    """An operator whose watches never say anything."""

    def __init__(self, election: Election | None, monkeypatch: pytest.MonkeyPatch):
        chosen = settings.from_environment({**processes.IMAGES, "MODELSMITH_WORKERS": "2"})
        self.counters = metrics.Metrics()
        self.operator = running.Operator(chosen, None, self.counters, lambda *_: {}, election)
        self.filled, self.handled = 0, []
        monkeypatch.setattr(self.operator._watcher, "watch", lambda _: asyncio.Event().wait())
        monkeypatch.setattr(self.operator._reflector, "run", lambda *_: asyncio.Event().wait())
        monkeypatch.setattr(self.operator._lister, "fill", self.fill)
        monkeypatch.setattr(self.operator._reconciler, "work", self.work)
        self.see(MANIFEST)

    def see(self, manifest: kinds.Manifest) -> None:
        self.operator._tell(self.operator._caches.note(kinds.MODEL_DEPLOYMENT, manifest))

    async def fill(self) -> None:
        assert not self.handled
        self.filled += 1

    async def work(self, queue: queueing.Queue) -> None:
        while True:
            key = await queue.take()
            self.handled.append(key)
            queue.release(key)


async def turns():
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("undisturbed", "fills"), [(True, 0), (False, 1)])
async def test_who_comes_to_lead_reads_all_once_more_unless_nobody_wrote_and_looks_at_all(
    monkeypatch, undisturbed, fills
):
    election = Election(undisturbed=undisturbed)
    process = Process(election, monkeypatch)
    supervising = asyncio.ensure_future(process.operator._supervise())
    await turns()
    process.see({"metadata": {**MANIFEST["metadata"], "resourceVersion": "2"}})
    await turns()
    assert (process.handled, process.operator._queue.depth(), process.filled) == ([], 0, 0)
    assert "modelsmith_operator_leading 0" in process.counters.text()
    election.won.set()
    await turns()
    assert (process.handled, process.filled) == ([KEY], fills)
    assert "modelsmith_operator_leading 1" in process.counters.text()
    supervising.cancel()
    await asyncio.wait((supervising,))
    assert election.released


async def test_without_an_election_it_leads_at_once(monkeypatch):
    process = Process(None, monkeypatch)
    supervising = asyncio.ensure_future(process.operator._supervise())
    await turns()
    assert (process.handled, process.filled) == ([KEY], 0)
    supervising.cancel()
    await asyncio.wait((supervising,))


async def test_the_end_of_the_election_is_the_end_of_the_process(monkeypatch):
    election = Election(undisturbed=True)
    process = Process(election, monkeypatch)
    supervising = asyncio.ensure_future(process.operator._supervise())
    election.won.set()
    await turns()
    election.lost.set()
    with pytest.raises(errors.NotLeading):
        await asyncio.wait_for(supervising, 5)


async def test_a_worker_that_must_not_write_any_more_ends_instead_of_trying_again(monkeypatch):
    reconciler = reconciling.Reconciler({}, caching.Caches(), None, None, metrics.Metrics())

    async def refused(_: kinds.Key) -> None:
        raise errors.NotLeading("no more")

    monkeypatch.setattr(reconciler, "handle", refused)
    queue = queueing.Queue()
    queue.wake([KEY])
    with pytest.raises(errors.NotLeading):
        await reconciler.work(queue)
