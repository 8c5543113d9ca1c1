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


async def test_a_page_is_taken_in_before_the_next_is_asked_for(parts):
    """Nobody holds all objects of a kind at once."""
    api, caches, _, lister = parts
    sizes = []

    async def pages(kind, namespace, **selectors):
        for name in "abc":
            sizes.append(caches.sizes().get(kind, 0))
            yield [pod(name)], "11"

    api.pages = pages
    assert await lister._listed(kinds.POD)
    assert sizes == [0, 1, 2]


async def test_what_the_pages_before_an_expiry_told_is_dropped_when_the_next_list_lacks_it(parts):
    api, caches, told, lister = parts
    lists = [[pod("a"), errors.Gone(410, "Expired", "")], [pod("b")]]

    async def pages(kind, namespace, **selectors):
        for one in lists.pop(0):
            if isinstance(one, Exception):
                raise one
            yield [one], "11"

    api.pages = pages
    assert await lister._listed(kinds.POD)
    assert [key.name for key in caches.keys(kinds.POD)] == ["b"]
    assert [(change.key.name, change.new is None) for change in told] == [("a", False), ("b", False), ("a", True)]


async def test_a_watch_begins_where_the_last_list_ended_and_the_next_one_lists_anew(parts):
    api, _, _, lister = parts
    await lister.fill()
    listed, version = len(api.asked), str(api.version)
    last = kinds.EVERY[-1]
    assert await lister.beginning(last, None) == version
    assert len(api.asked) == listed
    assert await lister.beginning(last, None) == str(int(version) + 1)
    assert [kind for kind, _, _ in api.asked[listed:]] == [last]


async def test_a_watch_whose_beginning_is_gone_lists_anew(parts):
    api, _, _, lister = parts
    await lister.fill()
    listed = len(api.asked)
    await lister.beginning(kinds.POD, None, anew=True)
    assert [kind for kind, _, _ in api.asked[listed:]] == [kinds.POD]


async def test_a_watch_cannot_begin_where_no_list_was_answered(parts):
    api, _, _, lister = parts
    api.failures = [errors.Unreachable("down")]
    with pytest.raises(errors.Unreachable):
        await lister.beginning(kinds.POD, None)
    assert await lister.beginning(kinds.POD, None)


async def test_each_resync_lists_everything_and_says_so(parts):
    api, _, _, lister = parts
    done = asyncio.Event()
    keeping = asyncio.ensure_future(lister.keep(0.01, done.set))
    await asyncio.wait_for(done.wait(), 5)
    keeping.cancel()
    assert [kind for kind, _, _ in api.asked][: len(kinds.EVERY)] == list(kinds.EVERY)


async def test_the_same_complaint_is_logged_once_until_it_is_over(parts, caplog):
    api, _, _, lister = parts
    api.failures = [errors.Unreachable("down")] * 2
    for _ in range(3):
        await lister._listed(kinds.POD)
    api.failures = [errors.Unreachable("down")]
    await lister._listed(kinds.POD)
    assert [record.message for record in caplog.records] == ["cannot list pods: down"] * 2


async def test_a_resync_that_failed_is_no_resync(parts, monkeypatch):
    monkeypatch.setattr(listing, "PAUSE", 0)
    api, _, _, lister = parts
    api.failures = [errors.Unreachable("down")] * len(kinds.EVERY)
    resynced = []
    keeping = asyncio.ensure_future(lister.keep(0.01, lambda: resynced.append(len(api.asked))))
    await until(lambda: resynced)
    keeping.cancel()
    assert resynced[0] == 2 * len(kinds.EVERY)
