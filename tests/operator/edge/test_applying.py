"""Whose an object is, and what may be done to it."""

import asyncio

import pytest
from edge import fakes, objects

from model_operator import applying, caching, errors, kinds, names

KEY = kinds.Key(kinds.SERVICE, "demo", "web")


def applier(*objects: kinds.Manifest, cached: bool = True):
    api, caches, told = fakes.Api(*objects), caching.Caches(), []
    if cached:
        for each in objects:
            caches.note(kinds.of_manifest(each), each)
    return applying.Applier(api, caches, told.append), api, caches, told


async def test_what_is_missing_is_made_without_force_and_is_known_at_once():
    writer, api, caches, told = applier()
    assert await writer.ensure(objects.service()) == "created"
    assert api.calls == [("apply", "Service", "web", False, "")]
    assert caches.get(KEY)["spec"] == {"selector": {"a": "b"}}
    assert [change.key for change in told] == [KEY]


async def test_what_is_as_wanted_is_not_written():
    writer, api, _, _ = applier(objects.live(objects.service()))
    assert await writer.ensure(objects.service()) is None
    assert api.calls == []


async def test_what_is_as_wanted_and_not_yet_in_the_cache_is_not_written():
    writer, api, caches, _ = applier(objects.live(objects.service()), cached=False)
    assert await writer.ensure(objects.service()) is None
    assert (api.calls, caches.get(KEY) is not None) == ([], True)


async def test_what_drifted_is_written():
    shown = objects.live(objects.service())
    shown["spec"] = {"selector": {"a": "else"}}
    writer, api, _, _ = applier(shown)
    assert await writer.ensure(objects.service()) == "configured"
    assert len(api.calls) == 1


async def test_a_job_is_never_changed():
    job = {**objects.service(), "kind": "Job", "apiVersion": "batch/v1"}
    writer, api, _, _ = applier(objects.live(job))
    assert await writer.ensure({**job, "spec": {"other": 1}}) is None
    assert api.calls == []


class Slow(fakes.Api):
    """Answers to writes take a moment."""

    async def apply(self, key, manifest, *, force=False, subresource=""):
        await asyncio.sleep(0)
        return await super().apply(key, manifest, force=force, subresource=subresource)


async def test_of_many_who_want_the_same_at_once_one_writes():
    api, caches = Slow(), caching.Caches()
    writer = applying.Applier(api, caches, lambda _: None)
    done = await asyncio.gather(*(writer.ensure(objects.service()) for _ in range(5)))
    assert sorted(map(str, done)) == [*["None"] * 4, "created"]
    assert len(api.calls) == 1


async def test_what_was_decided_before_another_wrote_is_not_written_over_it():
    api, caches = Slow(), caching.Caches()
    writer = applying.Applier(api, caches, lambda _: None)
    later = {**objects.service(), "spec": {"selector": {"a": "later"}}}
    first, second = await asyncio.gather(writer.ensure(objects.service()), writer.ensure(later), return_exceptions=True)
    assert first == "created"
    assert isinstance(second, errors.Overtaken)
    assert caches.get(KEY)["spec"] == objects.service()["spec"]
    assert await writer.ensure(later) == "configured"


FOREIGN = {
    "without our label": objects.live(objects.service(), labels={}),
    "managed by somebody else": objects.live(objects.service(), labels={names.MANAGED_BY_LABEL: "helm"}),
    "of another ModelDeployment": objects.live(objects.service(), ownerReferences=[objects.controller("other", "2")]),
    "of another kind": objects.live(objects.service(), ownerReferences=[objects.controller("web", "2", "Ingress")]),
}


@pytest.mark.parametrize("shown", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("cached", [True, False])
async def test_an_object_of_somebody_else_is_left_alone(shown, cached):
    writer, api, _, _ = applier(shown, cached=cached)
    with pytest.raises(errors.InvalidOwnership, match="Service web"):
        await writer.ensure(objects.service())
    assert api.calls == []


LEAVING = {
    "being deleted": objects.live(objects.service(), deletionTimestamp="2026-01-01T00:00:00Z"),
    "of a namesake that was deleted": objects.live(objects.service(), ownerReferences=[objects.controller(uid="0")]),
}


@pytest.mark.parametrize("shown", LEAVING.values(), ids=LEAVING)
async def test_an_object_on_its_way_out_is_waited_for(shown):
    writer, api, _, _ = applier(shown)
    with pytest.raises(errors.StillThere):
        await writer.ensure(objects.service())
    assert api.calls == []


def conflict(manager: str) -> errors.Conflict:
    cause = errors.Cause("FieldManagerConflict", ".spec.selector", f'conflict with "{manager}" using v1')
    return errors.Conflict(409, "Conflict", "Apply failed with 1 conflict", (cause,))


def managed(manager: str, operation: str) -> kinds.Manifest:
    shown = objects.live(objects.service(), managedFields=[{"manager": manager, "operation": operation}])
    shown["spec"] = {"selector": {"a": "else"}}
    return shown


@pytest.mark.parametrize(("manager", "operation"), [("gitops", "Apply"), ("kube-controller-manager", "Update")])
async def test_a_field_that_somebody_keeps_setting_is_left_to_them(manager, operation):
    writer, api, _, _ = applier(managed(manager, operation))
    api.refusals.append(conflict(manager))
    with pytest.raises(errors.FieldConflict, match=manager):
        await writer.ensure(objects.service())
    assert [call[3] for call in api.calls] == [False]


async def test_a_field_that_was_changed_by_hand_is_taken_back():
    writer, api, _, _ = applier(managed("kubectl-edit", "Update"))
    api.refusals.append(conflict("kubectl-edit"))
    assert await writer.ensure(objects.service()) == "configured"
    assert [call[3] for call in api.calls] == [False, True]


async def test_a_conflict_that_is_about_no_field_is_tried_again_later():
    writer, api, _, _ = applier(managed("kubectl-edit", "Update"))
    api.refusals.append(errors.Conflict(409, "Conflict", "the object has been modified"))
    with pytest.raises(errors.Conflict):
        await writer.ensure(objects.service())


async def test_the_very_object_that_was_seen_is_deleted():
    writer, api, _, _ = applier(objects.live(objects.service()))
    assert await writer.remove(objects.live(objects.service()))
    assert api.calls == [("delete", "web", "u")]


async def test_deleting_what_is_gone_is_done_already():
    writer, api, _, _ = applier(objects.live(objects.service()))
    api.refusals.append(errors.NotFound(404, "NotFound", "gone"))
    assert not await writer.remove(objects.live(objects.service()))


async def test_what_is_gone_is_not_deleted_over_and_over():
    """Its event was lost, and the next resync may be ten minutes away."""
    there = objects.live(objects.service())
    writer, api, caches, told = applier(there)
    caches.note(kinds.SERVICE, there)
    told.clear()
    api.refusals.append(errors.NotFound(404, "NotFound", "gone"))
    await writer.remove(there)
    assert caches.get(kinds.key_of(there, kinds.SERVICE)) is None
    assert [change.new for change in told] == [None]


async def test_the_successor_of_what_is_gone_is_not_forgotten():
    successor = objects.live(objects.service(), uid="another", resourceVersion="9")
    writer, api, caches, _ = applier(successor)
    caches.note(kinds.SERVICE, successor)
    api.refusals.append(errors.NotFound(404, "NotFound", "gone"))
    await writer.remove(objects.live(objects.service()))
    assert caches.get(kinds.key_of(successor, kinds.SERVICE)) is not None


async def test_what_is_being_deleted_is_not_deleted_again():
    writer, api, _, _ = applier()
    assert not await writer.remove(objects.live(objects.service(), deletionTimestamp="2026-01-01T00:00:00Z"))
    assert api.calls == []


async def test_a_status_is_written_once():
    writer, api, _, _ = applier(objects.resource())
    assert await writer.status(objects.resource(), {"replicas": 1})
    assert not await writer.status(objects.resource(), {"replicas": 1})
    assert api.calls == [("apply", "ModelDeployment", "web", True, "status")]


async def test_a_resource_that_is_gone_needs_no_status():
    writer, api, _, _ = applier(objects.resource())
    api.refusals.append(errors.NotFound(404, "", ""))
    assert not await writer.status(objects.resource(), {"replicas": 1})


async def test_a_resource_whose_deletion_was_missed_is_forgotten():
    """Its children would be made, collected and made again until the next resync."""
    writer, api, caches, told = applier(objects.resource())
    api.refusals.append(errors.NotFound(404, "NotFound", "gone"))
    await writer.status(objects.resource(), {"replicas": 1})
    assert caches.get(kinds.key_of(objects.resource(), kinds.MODEL_DEPLOYMENT)) is None
    assert [change.new for change in told] == [None]


def job_of(build: kinds.Manifest) -> kinds.Manifest:
    owner = {**objects.controller("web", build["metadata"]["uid"], "ModelBuild"), "apiVersion": names.API_VERSION}
    return {**objects.service(owner), "kind": "Job", "apiVersion": "batch/v1"}


def model_build(uid: str) -> kinds.Manifest:
    made = objects.resource()
    return {**made, "kind": "ModelBuild", "metadata": {**made["metadata"], "uid": uid}}


async def test_no_job_is_made_for_a_build_that_is_gone():
    """Its deletion may be heard of later than that of the Job which went with it."""
    writer, api, caches, _ = applier(model_build("1"))
    del api.objects[kinds.key_of(model_build("1"), kinds.MODEL_BUILD)]
    for known in (1, 0):
        with pytest.raises(errors.StillThere, match="ModelBuild web is gone"):
            await writer.ensure(job_of(model_build("1")))
        assert caches.sizes()[kinds.MODEL_BUILD] == known, "an old answer lacks what was just made: the second counts"
    assert api.calls == []


async def test_a_job_is_made_for_a_build_that_is_there_and_not_for_its_namesake():
    writer, _, _, _ = applier(model_build("2"))
    with pytest.raises(errors.StillThere):
        await writer.ensure(job_of(model_build("1")))
    assert await writer.ensure(job_of(model_build("2"))) == "created"


def route(**metadata) -> kinds.Manifest:
    made = objects.service(**metadata)
    return {**made, "apiVersion": kinds.HTTP_ROUTE.api_version, "kind": kinds.HTTP_ROUTE.kind}


ROUTE = kinds.Key(kinds.HTTP_ROUTE, "demo", "web")


async def test_what_is_not_watched_is_remembered_nowhere():
    writer, api, caches, told = applier()
    assert await writer.ensure(route()) == "created"
    assert caches.get(ROUTE) is None
    assert told == []
    del api.objects[ROUTE]
    assert await writer.ensure(route()) == "created"


async def test_what_is_not_watched_is_read_and_written_only_when_it_differs():
    writer, api, _, _ = applier(objects.live(route()), cached=False)
    assert await writer.ensure(route()) is None
    assert api.calls == []
    api.objects[ROUTE] = {**objects.live(route(), resourceVersion="6"), "spec": {"selector": {"a": "drifted"}}}
    assert await writer.ensure(route()) == "configured"


async def test_a_kind_that_the_cluster_need_not_have_and_has_not_is_a_finding():
    writer, api, _, _ = applier()
    api.refusals.append(errors.NotFound(404, "NotFound", "the server could not find the requested resource"))
    with pytest.raises(errors.GatewayApiMissing, match="does not serve httproutes"):
        await writer.ensure(route())


async def test_of_a_kind_that_every_cluster_has_it_is_an_error():
    writer, api, _, _ = applier()
    api.refusals.append(errors.NotFound(404, "NotFound", "the server could not find the requested resource"))
    with pytest.raises(errors.NotFound):
        await writer.ensure(objects.service())


async def test_a_route_of_somebody_else_is_left_alone():
    writer, api, _, _ = applier(objects.live(route(labels={})), cached=False)
    with pytest.raises(errors.InvalidOwnership):
        await writer.ensure(route())
    assert api.calls == []
