"""LISTs make the caches true, and are begun again when they must be."""

import asyncio

import pytest

from model_operator import caching, errors, kinds, listing


class Api:
    """Lists what it is given; failures first."""

    def __init__(self):
        self.failures: list[Exception] = []
        self.asked: list[tuple] = []
        self.pods: list[kinds.Manifest] = []
        self.version = 10

    async def pages(self, kind, namespace, **selectors):
        self.asked.append((kind, namespace, selectors))
        if self.failures:
            raise self.failures.pop(0)
        self.version += 1
        found = self.pods if kind == kinds.POD else []
        for one in found:
            yield [one], str(self.version)
        yield [], str(self.version)


def pod(name: str) -> kinds.Manifest:
    return {"metadata": {"name": name, "namespace": "demo", "uid": name, "resourceVersion": "5"}}


async def until(come):
    async with asyncio.timeout(5):
        while not come():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0)


@pytest.fixture
def parts():
    api, caches, told = Api(), caching.Caches(), []
    return api, caches, told, listing.Lister(api, caches, (), told.append)


async def test_every_kind_is_listed_children_by_label(parts):
    api, _, _, lister = parts
    await lister.fill()
    assert [kind for kind, _, _ in api.asked] == list(kinds.EVERY)
    assert {bool(selectors) for kind, _, selectors in api.asked if kind in kinds.OWN} == {False}
    assert {selectors.get("labelSelector") for kind, _, selectors in api.asked if kind in kinds.CHILDREN} == {
        "app.kubernetes.io/managed-by=modelsmith"
    }


async def test_pages_are_one_list(parts):
    api, caches, _, lister = parts
    api.pods = [pod("a"), pod("b")]
    await lister.fill()
    assert caches.sizes()[kinds.POD] == 2


async def test_what_vanished_is_told(parts):
    api, _, told, lister = parts
    api.pods = [pod("a")]
    await lister.fill()
    api.pods = []
    await lister.fill()
    assert [(change.key.name, change.new) for change in told][-1] == ("a", None)


async def test_only_the_given_namespaces_are_listed():
    api = Api()
    await listing.Lister(api, caching.Caches(), ("one", "two"), lambda _: None).fill()
    assert {namespace for _, namespace, _ in api.asked} == {"one", "two"}


async def test_filling_goes_on_until_the_api_server_answers(parts, monkeypatch):
    monkeypatch.setattr(listing, "PAUSE", 0)
    api, caches, _, lister = parts
    api.failures = [errors.Unreachable("down"), errors.NotFound(404, "", ""), errors.ApiError(500, "", "")]
    api.pods = [pod("a")]
    await lister.fill()
    assert caches.sizes()[kinds.POD] == 1


async def test_a_list_that_took_too_long_is_begun_again(parts):
    api, _, _, lister = parts
    api.failures = [errors.Gone(410, "Expired", "")]
    assert await lister._listed(kinds.POD)
    assert len(api.asked) == 2


async def test_a_kind_that_is_asked_for_is_listed_alone_and_soon(parts, monkeypatch):
    monkeypatch.setattr(listing, "SETTLE", 0)
    api, _, _, lister = parts
    keeping = asyncio.ensure_future(lister.keep(3600, lambda: None))
    lister.ask(kinds.POD)
    lister.ask(kinds.POD)
    await until(lambda: api.asked)
    keeping.cancel()
    assert [kind for kind, _, _ in api.asked] == [kinds.POD]


async def test_each_resync_lists_everything_and_says_so(parts):
    api, _, _, lister = parts
    done = asyncio.Event()
    keeping = asyncio.ensure_future(lister.keep(0.01, done.set))
    await asyncio.wait_for(done.wait(), 5)
    keeping.cancel()
    assert [kind for kind, _, _ in api.asked][: len(kinds.EVERY)] == list(kinds.EVERY)


async def test_what_could_not_be_listed_is_tried_again_soon(parts, monkeypatch):
    monkeypatch.setattr(listing, "SETTLE", 0)
    monkeypatch.setattr(listing, "PAUSE", 0)
    api, caches, _, lister = parts
    api.failures, api.pods = [errors.Unreachable("down"), errors.ApiError(500, "", "")], [pod("a")]
    keeping = asyncio.ensure_future(lister.keep(3600, lambda: None))
    lister.ask(kinds.POD)
    await until(lambda: caches.sizes().get(kinds.POD))
    keeping.cancel()
    assert [kind for kind, _, _ in api.asked] == [kinds.POD] * 3


async def test_the_same_complaint_is_logged_once_until_it_is_over(parts, caplog):
    api, _, _, lister = parts
    api.failures = [errors.Unreachable("down")] * 2
    for _ in range(3):
        await lister._listed(kinds.POD)
    api.failures = [errors.Unreachable("down")]
    await lister._listed(kinds.POD)
    assert [record.message for record in caplog.records] == ["cannot list pods: down"] * 2


async def test_a_resync_that_failed_is_no_resync(parts, monkeypatch):
    monkeypatch.setattr(listing, "SETTLE", 0)
    monkeypatch.setattr(listing, "PAUSE", 0)
    api, _, _, lister = parts
    api.failures = [errors.Unreachable("down")] * len(kinds.EVERY)
    resynced = []
    keeping = asyncio.ensure_future(lister.keep(0.01, lambda: resynced.append(len(api.asked))))
    await until(lambda: resynced)
    keeping.cancel()
    assert resynced[0] >= 2 * len(kinds.EVERY)
