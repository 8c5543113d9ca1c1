"""What the framework is told to do, and what is made of what it says."""

import asyncio
import contextlib
import itertools
import types

import aiohttp
import pytest
import yarl

from model_operator import caching, errors, kinds, listing, watching


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


def test_an_event_is_cached_and_told(parts):
    watcher, caches, _, told = parts
    watcher.take(kinds.POD, "ADDED", pod())
    assert [change.new for change in told] == [pod()]
    watcher.take(kinds.POD, "DELETED", pod(2))
    assert [change.new for change in told] == [pod(), None]
    assert caches.sizes()[kinds.POD] == 0


def test_news_that_is_known_is_not_told(parts):
    watcher, _, _, told = parts
    watcher.take(kinds.POD, "ADDED", pod())
    watcher.take(kinds.POD, "MODIFIED", pod())
    assert len(told) == 1


PODS = ("/api/v1/pods", (kinds.POD, None))


class Framework:
    """Sends requests through the watcher's hands; `answers` are the statuses that the API server gives."""

    def __init__(self, watcher: watching.Watcher, *answers: int) -> None:
        self.watcher, self.answers, self.sent = watcher, list(answers), list[yarl.URL]()
        watcher._collections = dict([PODS])
        watcher._answered = {PODS[0]: 0.0}

    async def ask(self, query: str) -> int:
        async def send(request):
            self.sent.append(request.url)
            status = self.answers.pop(0)
            return types.SimpleNamespace(status=status, close=lambda: None)

        url = yarl.URL(f"https://server{PODS[0]}?{query}")
        answer = await self.watcher._pass(types.SimpleNamespace(url=url), send, url.path)
        return answer.status


class Lister:
    """LISTs end at 7, 8, 9, ..."""

    def __init__(self):
        self.versions = itertools.count(7)
        self.asked: list[tuple[kinds.Kind, str | None, bool]] = []

    async def beginning(self, kind, scope, *, anew=False):
        self.asked.append((kind, scope, anew))
        return str(next(self.versions))


FROM_ALL = "watch=true&labelSelector=a&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"


async def test_a_watch_that_asks_for_all_goes_on_from_our_list_instead(parts):
    watcher = parts[0]
    watcher._lister = Lister()
    framework = Framework(watcher, 200)
    await framework.ask(FROM_ALL)
    assert [dict(url.query) for url in framework.sent] == [
        {"watch": "true", "labelSelector": "a", "resourceVersion": "7"}
    ]
    assert watcher._lister.asked == [(kinds.POD, None, False)]
    assert watcher._answered[PODS[0]] > 0


async def test_a_watch_that_goes_on_is_left_alone(parts):
    watcher = parts[0]
    framework = Framework(watcher, 200)
    await framework.ask("watch=true&resourceVersion=5")
    assert [dict(url.query) for url in framework.sent] == [{"watch": "true", "resourceVersion": "5"}]


async def test_a_watch_whose_version_is_gone_goes_on_from_another_list(parts):
    watcher = parts[0]
    watcher._lister = Lister()
    framework = Framework(watcher, 410, 200)
    assert await framework.ask("watch=true&resourceVersion=5") == 200
    assert [url.query["resourceVersion"] for url in framework.sent] == ["5", "7"]
    assert watcher._lister.asked == [(kinds.POD, None, True)]


async def test_each_watch_is_counted_by_its_answer(parts):
    watcher, counted = parts[0], []
    watcher._lister, watcher._called = Lister(), lambda *call: counted.append(call[:3])
    framework = Framework(watcher, 410, 200)
    await framework.ask("watch=true&resourceVersion=5")
    with pytest.raises(IndexError):  # nobody answers any more
        await framework.ask("watch=true&resourceVersion=5")
    assert counted == [("watch", "Pod", "410"), ("watch", "Pod", "200"), ("watch", "Pod", "none")]


async def test_an_answer_that_is_none_is_no_sign_of_life(parts):
    watcher = parts[0]
    await Framework(watcher, 503).ask("watch=true&resourceVersion=5")
    assert watcher._answered[PODS[0]] == 0


async def test_a_list_that_fails_is_for_the_framework_a_connection_that_fails(parts):
    """It tries such a request again, for ever."""
    watcher = parts[0]

    async def fails(*_, **__):
        raise errors.ApiError(500, "InternalError", "no")

    watcher._lister = types.SimpleNamespace(beginning=fails)
    with pytest.raises(aiohttp.ClientConnectionError):
        await Framework(watcher).ask(FROM_ALL)


async def test_an_api_server_below_a_path_is_one_like_any_other():
    """As behind Rancher's proxy, for example."""
    seen = []

    async def pass_on(request, ask, path):
        seen.append(path)
        raise aiohttp.ClientConnectionError

    info = watching.kopf.ConnectionInfo(server="https://host.test/k8s/clusters/c-1/")
    async with watching._session(info, pass_on) as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("https://host.test/k8s/clusters/c-1/api/v1/pods?watch=true")
    assert seen == ["/api/v1/pods"]


async def test_the_framework_remembers_no_object():
    memories = watching.NoMemories()
    for uid in "abc":
        await memories.recall({"metadata": {"uid": uid}})
    assert len(list(memories.iter_all_memories())) == 1


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
