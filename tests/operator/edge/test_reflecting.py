"""Watches of children: from where they go on, whatever ends them."""

import asyncio
import contextlib

import pytest

from model_operator import errors, kinds, reflecting

SECONDS = 120


def event(type_: str, version: int) -> tuple[str, kinds.Manifest]:
    return type_, {"metadata": {"name": "p", "namespace": "demo", "uid": "u", "resourceVersion": str(version)}}


class Api:
    """Each watch of pods goes as the next of `answers` says: events, or what is raised. Then it hangs."""

    def __init__(self, *answers):
        self.answers, self.opened = list(answers), []

    async def watch(self, kind, scope, version, seconds, begun, **selectors):
        if kind != kinds.POD or not self.answers:
            await asyncio.Event().wait()
        self.opened.append((scope, version, seconds, selectors))
        begun()
        for each in self.answers.pop(0):
            if isinstance(each, Exception):
                raise each
            yield each


class Lister:
    """LISTs end at 10, 20, ..."""

    def __init__(self):
        self.ended = 0

    async def beginning(self, kind, scope):
        self.ended += 10 * (kind == kinds.POD)
        return str(self.ended)


async def followed(*answers, until: int, take=None):
    """What was taken, and the versions that were watched from."""
    api, taken = Api(*answers), []
    reflector = reflecting.Reflector(api, Lister(), take or (lambda *one: taken.append(one)))
    running = asyncio.ensure_future(reflector.run([None], SECONDS))
    async with asyncio.timeout(5):
        while len(api.opened) < until and not running.done():  # noqa: ASYNC110 - a fake opens them
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return taken, [version for _, version, _, _ in api.opened], api


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(reflecting, "RETRIES", (0, 0))


async def test_it_watches_by_label_from_the_list_on_and_goes_on_where_it_was():
    answers = [event("ADDED", 11), event("MODIFIED", 12)], [event("DELETED", 13)], []
    taken, versions, api = await followed(*answers, until=3)
    assert [(kind, type_) for kind, type_, _ in taken] == [
        (kinds.POD, "ADDED"),
        (kinds.POD, "MODIFIED"),
        (kinds.POD, "DELETED"),
    ]
    assert versions == ["10", "12", "13"]
    assert api.opened[0] == (None, "10", SECONDS, {"labelSelector": "app.kubernetes.io/managed-by=modelsmith"})


async def test_a_bookmark_moves_it_on_and_is_no_event():
    taken, versions, _ = await followed([event("BOOKMARK", 15)], [], until=2)
    assert (taken, versions) == ([], ["10", "15"])


async def test_after_a_version_that_is_gone_it_lists_again():
    _, versions, _ = await followed([event("ADDED", 11), errors.Gone(410, "Expired", "too old")], [], until=2)
    assert versions == ["10", "20"]


@pytest.mark.parametrize("failure", [errors.Unreachable("cut"), errors.ApiError(403, "Forbidden", "no")], ids=repr)
async def test_after_a_failure_it_goes_on_where_it_was(failure):
    _, versions, _ = await followed([event("ADDED", 11), failure], [failure], [], until=3)
    assert versions == ["10", "11", "11"]


async def test_a_hole_in_the_caches_ends_it():
    def fails(*_):
        raise KeyError("name")

    with pytest.raises(ExceptionGroup) as raised:
        await followed([event("ADDED", 11)], [], until=2, take=fails)
    assert raised.group_contains(KeyError)


async def test_each_kind_of_child_is_watched_and_its_silence_is_measured():
    reflector = reflecting.Reflector(Api(), Lister(), print)
    running = asyncio.ensure_future(reflector.run(["a", "b"], SECONDS))
    await asyncio.sleep(0.01)
    silences = reflector.silences()
    running.cancel()
    assert silences.keys() == set(kinds.CHILDREN)
    assert all(0 < silence < 5 for silence in silences.values())
