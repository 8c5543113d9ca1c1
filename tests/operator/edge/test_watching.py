"""What the framework is told to do, and what is made of what it says."""

import asyncio
import contextlib
import itertools

import pytest
import yarl

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


PODS = "https://server/api/v1/pods"
ANSWERED = {
    "a LIST": ("?labelSelector=a&limit=500", {kinds.POD}),
    "its second page": ("?limit=500&continue=abc", set()),
    "a watch": ("?watch=true&resourceVersion=7", set()),
    "a watch that begins anew": ("?watch=true", {kinds.POD}),
}


@pytest.mark.parametrize(("query", "asked"), ANSWERED.values(), ids=ANSWERED)
def test_what_begins_with_all_that_is_there_asks_for_a_list_of_ours(parts, query, asked):
    """Also when nothing is left: an empty LIST brings no event."""
    watcher, _, lister, _ = parts
    watcher._answered = {"/api/v1/pods": 0.0}
    watcher._note_answer(yarl.URL(PODS + query))
    assert lister._asked == asked
    assert watcher._answered["/api/v1/pods"] > 0


def test_the_framework_tries_for_ever():
    """An API server that is away for an hour must not end the process."""
    assert list(itertools.islice(watching.settings().networking.error_backoffs, 1000))[-1] == 3.0


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


async def test_credentials_that_come_again_are_the_same_session_so_that_the_framework_refuses_them(parts, monkeypatch):
    watcher, tokens = parts[0], ["one", "one", "two"]

    async def login():
        return watching.kopf.ConnectionInfo(server="https://api.test", token=tokens.pop(0))

    monkeypatch.setattr(watching, "login", login)
    first, again, other = [await watcher._login() for _ in range(3)]
    assert first == again != other
    assert first.aiohttp_session.headers["Authorization"] == "Bearer one"
    for each in (first, other):
        await each.aiohttp_session.close()


async def test_a_framework_that_does_not_end_is_left_behind(parts, monkeypatch):
    """Its tasks may wait for ever for tasks that it cancelled before them: blind, and deaf to signals."""
    watcher = parts[0]
    monkeypatch.setattr(watching, "ENDING", 0.05)

    async def hanging(**_):
        await watcher._note_end()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.sleep(0.5)

    monkeypatch.setattr(watching.kopf, "operator", hanging)
    with pytest.raises(RuntimeError, match="did not end"):
        await asyncio.wait_for(watcher.watch(()), 5)
