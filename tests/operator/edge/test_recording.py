"""News are told once."""

import pytest
from edge import fakes, objects

from model_operator import decisions, errors, recording

NEWS = decisions.Event("GateFailed", "accuracy fell", decisions.EventType.WARNING)


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def told(clock):
    api = fakes.Api()
    return recording.Recorder(api, lambda: clock[0]), api


async def test_an_event_says_who_what_and_how_bad(told):
    recorder, api = told
    assert await recorder.record(objects.resource(), NEWS)
    [event] = api.objects.values()
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "GateFailed", "accuracy fell")
    assert event["involvedObject"]["uid"] == "1"
    assert event["source"] == {"component": "modelsmith"}


async def test_the_same_news_within_the_window_is_not_even_sent(told):
    recorder, api = told
    await recorder.record(objects.resource(), NEWS)
    assert not await recorder.record(objects.resource(), NEWS)
    assert len(api.calls) == 1


async def test_the_same_news_later_is_counted(told, clock):
    recorder, api = told
    await recorder.record(objects.resource(), NEWS)
    clock[0] += recording.WINDOW
    await recorder.record(objects.resource(), NEWS)
    assert [call[0] for call in api.calls] == ["create", "create", "merge"]
    assert api.calls[-1][2]["count"] == 2


async def test_after_a_restart_the_same_news_is_the_same_event(told):
    _, api = told
    for _ in range(2):
        await recording.Recorder(api).record(objects.resource(), NEWS)
    assert len(api.objects) == 1


async def test_other_news_is_another_event(told):
    recorder, api = told
    await recorder.record(objects.resource(), NEWS)
    await recorder.record(objects.resource(), decisions.Event("GateFailed", "f1 fell"))
    assert len(api.objects) == 2


async def test_that_news_cannot_be_told_is_no_failure(told):
    recorder, api = told
    api.refusals.append(errors.ApiError(403, "Forbidden", "no"))
    assert await recorder.record(objects.resource(), NEWS)


async def test_in_a_namespace_that_ends_there_is_nobody_to_tell(told, caplog):
    recorder, api = told
    api.refusals.append(errors.NamespaceEnds("being terminated"))
    with pytest.raises(errors.NamespaceEnds):
        await recorder.record(objects.resource(), NEWS)
    assert caplog.records == []


async def test_a_long_message_is_cut(told):
    recorder, api = told
    await recorder.record(objects.resource(), decisions.Event("Long", "x" * 5000))
    [event] = api.objects.values()
    assert len(event["message"]) == recording.LONGEST


async def test_memory_is_bounded(told, monkeypatch):
    monkeypatch.setattr(recording, "MEMORY", 3)
    recorder, _ = told
    for number in range(5):
        await recorder.record(objects.resource(), decisions.Event("N", str(number)))
    assert len(recorder._told) == 3
