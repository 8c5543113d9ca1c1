"""What the framework is told to do, and what is made of what it says."""

import asyncio

import pytest

from model_operator import caching, kinds, listing, watching


def pod(version: int = 1) -> kinds.Manifest:
    return {"metadata": {"name": "p", "namespace": "demo", "uid": "u", "resourceVersion": str(version)}}


@pytest.fixture
def parts():
    caches, told = caching.Caches(), []
    lister = listing.Lister(None, caches, (), told.append)
    return watching.Watcher(caches, lister, told.append), caches, lister, told


def test_everything_but_watching_is_off():
    chosen = watching.settings()
    assert not chosen.posting.enabled
    assert chosen.scanning.disabled


def test_children_are_selected_on_the_server_and_ours_are_watched_whole():
    selectors = watching.settings().watching.label_selectors
    chosen = {(each.group, each.version, each.any_name) for each in selectors}
    assert chosen == {(kind.group, kind.version, kind.plural) for kind in kinds.CHILDREN}
    assert set(selectors.values()) == {"app.kubernetes.io/managed-by=modelsmith"}


def test_an_event_is_cached_and_told(parts):
    watcher, caches, _, told = parts
    watcher._take(kinds.POD, "ADDED", pod())
    assert [change.new for change in told] == [pod()]
    watcher._take(kinds.POD, "DELETED", pod(2))
    assert [change.new for change in told] == [pod(), None]
    assert caches.sizes()[kinds.POD] == 0


def test_news_that_is_known_is_not_told(parts):
    watcher, _, _, told = parts
    watcher._take(kinds.POD, "ADDED", pod())
    watcher._take(kinds.POD, "MODIFIED", pod())
    assert len(told) == 1


def test_a_second_list_of_the_framework_asks_for_one_of_ours(parts):
    watcher, _, lister, _ = parts
    watcher._take(kinds.POD, None, pod())
    assert lister._asked == set()
    watcher._take(kinds.POD, None, pod())
    assert lister._asked == {kinds.POD}


def test_a_list_after_the_object_was_made_anew_is_its_first(parts):
    watcher, _, lister, _ = parts
    watcher._take(kinds.POD, None, pod())
    watcher._take(kinds.POD, "DELETED", pod(2))
    watcher._take(kinds.POD, None, pod(3))
    assert lister._asked == set()


async def test_a_handler_that_fails_ends_the_watch_instead_of_being_ignored(parts, monkeypatch):
    watcher, _, _, _ = parts

    async def forever(**_):
        await asyncio.Event().wait()

    monkeypatch.setattr(watching.kopf, "operator", forever)
    watch = asyncio.ensure_future(watcher.watch(()))
    await asyncio.sleep(0)
    await watcher._handler(kinds.POD)(event={"type": "ADDED", "object": {"metadata": {}}})
    with pytest.raises(KeyError):
        await asyncio.wait_for(watch, 5)


async def test_the_watch_ends_when_the_framework_does(parts, monkeypatch):
    async def ended(**_):
        return None

    monkeypatch.setattr(watching.kopf, "operator", ended)
    await asyncio.wait_for(parts[0].watch(("demo",)), 5)
