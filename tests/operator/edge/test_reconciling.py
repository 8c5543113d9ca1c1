"""What one handling does with a decision, and what becomes of what it could not do."""

import dataclasses

import pytest
from edge import fakes, objects

from model_operator import (
    applying,
    caching,
    calming,
    conditions,
    decisions,
    errors,
    kinds,
    metrics,
    queueing,
    reconciling,
    recording,
)

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "web")
service = objects.service


class Room:
    """A reconciler whose decision is given."""

    def __init__(self, decision: decisions.Decision | Exception | None, *there: kinds.Manifest):
        self.api, self.caches = fakes.Api(objects.resource(), *there), caching.Caches()
        for each in (objects.resource(), *there):
            self.caches.note(kinds.of_manifest(each), each)
        self.counters = metrics.Metrics()
        self.reconciler = reconciling.Reconciler(
            {kinds.MODEL_DEPLOYMENT: self.decide},
            self.caches,
            applying.Applier(self.api, self.caches, lambda _: None),
            recording.Recorder(self.api),
            self.counters,
        )
        self.decision = decision
        self.refused: list[list[conditions.Finding]] = []

    async def decide(self, key, refused=()):
        if isinstance(self.decision, Exception):
            raise self.decision
        if not refused:
            return self.decision
        self.refused.append([one.finding for one in refused])
        said = tuple(decisions.Event(one.reason, one.message) for one in self.refused[-1])
        return dataclasses.replace(self.decision, objects=(), garbage=(), status={"refused": len(refused)}, events=said)

    def status(self) -> kinds.Manifest:
        return self.api.objects[KEY]["status"]

    def events(self) -> list[str]:
        return [each["reason"] for key, each in self.api.objects.items() if key.kind.kind == "Event"]


async def test_objects_come_before_garbage_status_and_events():
    old = objects.live({**service(), "metadata": {**service()["metadata"], "name": "old"}}, name="old")
    room = Room(decisions.Decision((service(),), (old,), {"replicas": 1}, (decisions.Event("Told", "x"),), 7.0), old)
    assert await room.reconciler.handle(KEY) == 7.0
    assert [call[0] for call in room.api.calls] == ["apply", "delete", "apply", "create"]
    assert room.api.calls[2][-1] == "status"


async def test_a_decision_that_changes_nothing_writes_nothing():
    room = Room(decisions.Decision((service(),)), objects.live(service()))
    await room.reconciler.handle(KEY)
    assert room.api.calls == []


async def test_what_is_gone_is_not_decided():
    room = Room(AssertionError("decided"))
    assert await room.reconciler.handle(kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "other")) is None


async def test_a_finding_is_told_looked_at_later_and_keeps_nothing_else_from_being_written():
    foreign = objects.live(service(), labels={})
    room = Room(decisions.Decision((service(),), status={"replicas": 1}), foreign)
    assert await room.reconciler.handle(KEY) == reconciling.PATIENCE
    assert room.events() == ["InvalidOwnership"]
    assert [call[-1] for call in room.api.calls if call[0] == "apply"] == ["status"]
    assert room.status() == {"refused": 1}


async def test_nothing_begins_to_run_on_what_is_somebody_elses():
    record = {**service(), "apiVersion": "v1", "kind": "ConfigMap"}
    job = {**service(), "apiVersion": "batch/v1", "kind": "Job"}
    room = Room(decisions.Decision((record, job)), objects.live(record, labels={}))
    await room.reconciler.handle(KEY)
    assert [call[1] for call in room.api.calls if call[0] == "apply"] == ["ModelDeployment"]


async def test_the_same_finding_is_told_once():
    room = Room(decisions.Decision((service(),)), objects.live(service(), labels={}))
    for _ in range(3):
        await room.reconciler.handle(KEY)
    assert [call[0] for call in room.api.calls] == ["apply", "create"]
    assert room.api.calls[0][-1] == "status"


async def test_what_is_on_its_way_out_is_waited_for_silently():
    leaving = objects.live(service(), deletionTimestamp="2026-01-01T00:00:00Z")
    room = Room(decisions.Decision((service(),), requeue_after=600), leaving)
    assert await room.reconciler.handle(KEY) == reconciling.SHORTLY
    assert room.api.calls == []


async def test_what_the_api_server_refuses_is_told_and_the_status_is_written_all_the_same():
    room = Room(decisions.Decision((service(),), status={"replicas": 1}))
    room.api.refusals.append(errors.ApiError(422, "Invalid", "spec.ports: Required value"))
    with pytest.raises(errors.ApiError):
        await room.reconciler.handle(KEY)
    assert room.events() == ["ApplyRefused"]
    assert [call[-1] for call in room.api.calls if call[0] == "apply"] == ["", "status"]
    assert room.status() == {"refused": 1}


async def test_what_is_refused_again_is_not_written_again():
    room = Room(decisions.Decision((service(),), status={"replicas": 1}))
    for _ in range(3):
        room.api.refusals.append(errors.ApiError(422, "Invalid", "spec.ports: Required value"))
        with pytest.raises(errors.ApiError):
            await room.reconciler.handle(KEY)
    assert [call[-1] for call in room.api.calls if call[0] == "apply"] == ["", "status", "", ""]
    assert [one[0].outlook for one in room.refused] == [conditions.Outlook.STUCK] * 3


async def test_the_first_write_that_is_taken_ends_the_refusal():
    room = Room(decisions.Decision((service(),), status={"replicas": 1}))
    room.api.refusals.append(errors.ApiError(403, "Forbidden", "exceeded quota: small"))
    with pytest.raises(errors.ApiError):
        await room.reconciler.handle(KEY)
    await room.reconciler.handle(KEY)
    assert room.status() == {"replicas": 1}


async def test_nothing_is_told_or_tried_again_in_a_namespace_that_ends():
    room = Room(decisions.Decision((service(),), status={"replicas": 1}, requeue_after=5))
    room.api.refusals.append(errors.NamespaceEnds("being terminated"))
    assert await room.reconciler.handle(KEY) is None
    assert room.events() == []
    assert [call[-1] for call in room.api.calls if call[0] == "apply"] == [""]


async def test_news_of_a_namespace_that_ends_is_no_failure():
    room = Room(decisions.Decision(events=(decisions.Event("Told", "x"), decisions.Event("More", "y"))))
    room.api.refusals.append(errors.NamespaceEnds("being terminated"))
    assert await room.reconciler.handle(KEY) is None
    assert [call[0] for call in room.api.calls] == ["create"]


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        (errors.Unreachable("no answer"), "failed"),
        (errors.ApiError(500, "", ""), "failed"),
        (ValueError("a bug"), "crashed"),
    ],
)
async def test_no_failure_of_one_resource_ends_the_worker(failure, result):
    room, queue = Room(failure), queueing.Queue()
    queue.wake([KEY])
    assert await room.reconciler._attempt(queue, await queue.take()) == result
    assert queue.depth() == 0
    assert queue._schedule.next_due() is not None


async def test_mere_progress_waits_its_turn_and_is_looked_at_again():
    def goes_on(words: str) -> dict:
        return {"conditions": [{"type": "Reconciling", "status": "True", "reason": "Building", "message": words}]}

    room = Room(decisions.Decision(status=goes_on("fetch is running")))
    await room.reconciler.handle(KEY)
    room.decision = decisions.Decision(status=goes_on("convert is running"))
    again = await room.reconciler.handle(KEY)
    assert room.status() == goes_on("fetch is running")
    assert 0 < again <= calming.INTERVAL


async def test_a_status_that_came_too_late_is_looked_at_again():
    """What is there by now comes as an event; should it not, the status must not stay as it is until the resync."""
    room = Room(decisions.Decision(status={"replicas": 1}))
    room.api.refusals.append(errors.Conflict(409, "Conflict", "the object has been modified"))
    assert await room.reconciler.handle(KEY) == reconciling.SHORTLY
    assert await room.reconciler.handle(KEY) is None
    assert room.status() == {"replicas": 1}


SENT_BACK = {"rollout": {"revision": "a", "rejected": {"revision": "b", "reason": "RolloutStuck", "at": "10:00"}}}


def rollbacks(room: Room) -> int:
    line = 'modelsmith_operator_rollbacks_total{reason="RolloutStuck"} '
    [found] = [each for each in room.counters.text().splitlines() if each.startswith(line)]
    return int(found.removeprefix(line))


async def test_what_a_status_tells_is_counted_once_when_it_was_written():
    room = Room(decisions.Decision(status=SENT_BACK))
    room.api.refusals.append(errors.Conflict(409, "Conflict", "it has changed"))
    await room.reconciler.handle(KEY)
    assert rollbacks(room) == 0
    for _ in range(2):
        await room.reconciler.handle(KEY)
        assert rollbacks(room) == 1
