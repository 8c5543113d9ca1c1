"""Our finalizer on users' resources: set before anything is made, off after all the rest, in nobody's way."""

import pytest
from edge import fakes, objects

from model_operator import applying, caching, decisions, errors, kinds, metrics, names, reconciling, recording

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "web")
THEIRS = "example.com/theirs"
LEAVING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def resource(*finalizers: str, **metadata: str) -> kinds.Manifest:
    made = objects.resource()
    return {
        **made,
        "metadata": {**made["metadata"], **({"finalizers": list(finalizers)} if finalizers else {}), **metadata},
    }


class Room:
    """A reconciler whose decision is given, and the calls that it makes."""

    def __init__(self, decision: decisions.Decision, live: kinds.Manifest):
        self.api, self.caches, self.asked = fakes.Api(live), caching.Caches(), 0
        self.caches.note(kinds.MODEL_DEPLOYMENT, live)
        self.applier = applying.Applier(self.api, self.caches, lambda _: None)
        deciders = {kinds.MODEL_DEPLOYMENT: self.decide}
        recorder = recording.Recorder(self.api)
        self.reconciler = reconciling.Reconciler(deciders, self.caches, self.applier, recorder, metrics.Metrics())
        self.decision = decision

    async def decide(self, key, refused=()):
        self.asked += 1
        return self.decision

    def verbs(self) -> list[str]:
        return [call[0] for call in self.api.calls]


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        (True, [], [names.FINALIZER]),
        (True, [THEIRS], [THEIRS, names.FINALIZER]),
        (False, [THEIRS, names.FINALIZER], [THEIRS]),
        (False, [names.FINALIZER], []),
    ],
)
async def test_it_is_added_to_and_taken_off_a_list_that_others_use(wanted, before, after):
    live = resource(*before)
    room = Room(decisions.Decision(), live)
    assert await room.applier.finalizer(live, wanted=wanted)
    change = {"resourceVersion": live["metadata"]["resourceVersion"], "finalizers": after}
    assert room.api.calls == [("merge", "web", {"metadata": change})]


@pytest.mark.parametrize(("wanted", "before"), [(True, [names.FINALIZER]), (False, []), (False, [THEIRS])])
async def test_what_is_so_already_is_not_written(wanted, before):
    live = resource(*before)
    room = Room(decisions.Decision(), live)
    assert not await room.applier.finalizer(live, wanted=wanted)
    assert room.api.calls == []


@pytest.mark.parametrize("error", [errors.NotFound(404, "", ""), errors.Conflict(409, "", "modified")])
async def test_one_that_changed_or_went_meanwhile_is_looked_at_again(error):
    live = resource()
    room = Room(decisions.Decision(), live)
    room.api.refusals.append(error)
    assert not await room.applier.finalizer(live, wanted=True)


async def test_nothing_is_made_before_it_is_set():
    room = Room(decisions.Decision(objects=(objects.service(),), status={"replicas": 1}, finalizer=True), resource())
    await room.reconciler.handle(KEY)
    assert room.verbs() == ["merge"]
    await room.reconciler.handle(KEY)
    assert room.verbs() == ["merge", "apply", "apply"]


async def test_it_goes_after_all_the_rest_is_said():
    event = decisions.Event("ArtifactsLeft", "x")
    room = Room(decisions.Decision(finalizer=False, events=(event,)), resource(names.FINALIZER, **LEAVING))
    await room.reconciler.handle(KEY)
    assert room.verbs() == ["create", "merge"]


async def test_one_that_only_leaves_is_not_even_looked_at():
    room = Room(decisions.Decision(objects=(objects.service(),)), resource(THEIRS, **LEAVING))
    await room.reconciler.handle(KEY)
    assert (room.asked, room.api.calls) == (0, [])


async def test_in_a_namespace_that_ends_it_goes_at_once():
    owner = {**objects.controller(), "apiVersion": names.API_VERSION}
    job = {**objects.service(owner), "apiVersion": "batch/v1", "kind": "Job"}
    room = Room(decisions.Decision(objects=(job,)), resource(names.FINALIZER, **LEAVING))
    room.api.refusals.append(errors.NamespaceEnds("demo is being terminated"))
    await room.reconciler.handle(KEY)
    assert room.verbs() == ["apply", "merge"]
    assert room.api.objects[KEY]["metadata"]["finalizers"] == []
