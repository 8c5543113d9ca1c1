"""The calls to the API server, and what becomes of those that fail."""

import datetime as dt
import json
import socket

import pytest
from edge import resources
from kubernetes.aio import client

from model_operator import connecting, errors, kinds, leases, metrics, names, transporting

PATHS = {
    "all of a core kind": ((kinds.POD,), "/api/v1/pods"),
    "of a namespace": ((kinds.POD, "demo"), "/api/v1/namespaces/demo/pods"),
    "one object": ((kinds.JOB, "demo", "x"), "/apis/batch/v1/namespaces/demo/jobs/x"),
    "a subresource": ((kinds.JOB, "demo", "x", "status"), "/apis/batch/v1/namespaces/demo/jobs/x/status"),
}


@pytest.mark.parametrize(("arguments", "expected"), PATHS.values(), ids=PATHS)
def test_path(arguments, expected):
    assert connecting.path(*arguments) == expected


def config_map(name: str, **more) -> kinds.Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def key(namespace, name: str, kind: kinds.Kind = kinds.CONFIG_MAP) -> kinds.Key:
    return kinds.Key(kind, namespace.name, name)


async def test_a_long_list_comes_in_pages_of_one_version(connection, namespace, monkeypatch):
    monkeypatch.setattr(connecting, "PAGE", 2)
    for number in range(5):
        namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": f"c-{number}", "labels": {"mine": "yes"}}})
    pages = [page async for page in connection.pages(kinds.CONFIG_MAP, namespace.name, labelSelector="mine=yes")]
    assert [len(items) for items, _ in pages] == [2, 2, 1]
    assert len({version for _, version in pages}) == 1
    assert pages[0][0][0]["kind"] == "ConfigMap"


async def test_a_watch_that_is_refused_says_so(connection, namespace):
    """Its answer is a Status and no event."""
    begun: list[None] = []
    with pytest.raises(errors.ApiError, match="no-version"):
        await anext(
            connection.watch(kinds.CONFIG_MAP, namespace.name, "no-version", 5, begun=lambda: begun.append(None))
        )
    assert begun == []


async def test_what_is_not_there_is_none(connection, namespace):
    assert await connection.get(key(namespace, "nothing")) is None


async def test_the_version_decides_how_artifacts_are_mounted(connection):
    assert await connection.version() >= (1, 35)


@pytest.mark.parametrize(
    ("answer", "version"),
    [({"major": "1", "minor": "35+"}, (1, 35)), ({"major": "1", "minor": ""}, (0, 0)), ({}, (0, 0))],
    ids=["a provider's", "an aggregator's", "no version"],
)
async def test_a_version_of_any_spelling_is_read(connection, monkeypatch, answer, version):
    async def answered(*_):
        return 200, json.dumps(answer).encode()

    monkeypatch.setattr(connection, "_send", answered)
    assert await connection.version() == version


async def test_an_apply_makes_and_mends_and_is_ours(connection, namespace):
    for value in ("1", "2"):
        answer = await connection.apply(key(namespace, "c"), config_map("c", data={"a": value}))
        assert answer["data"] == {"a": value}
    assert {entry["manager"] for entry in answer["metadata"]["managedFields"]} == {names.FIELD_MANAGER}


async def test_a_field_that_the_server_does_not_know_is_refused(connection, namespace):
    with pytest.raises(errors.ApiError) as caught:
        await connection.apply(key(namespace, "c"), config_map("c", dta={}))
    assert caught.value.permanent


async def test_a_conflict_names_field_and_manager(connection, namespace):
    await connection.apply(key(namespace, "c"), config_map("c", data={"a": "1"}))
    namespace.apply(kinds.CONFIG_MAP, "c", {"data": {"a": "2"}}, "gitops")
    with pytest.raises(errors.Conflict) as caught:
        await connection.apply(key(namespace, "c"), config_map("c", data={"a": "1"}))
    [cause] = caught.value.causes
    assert (cause.field, 'conflict with "gitops"' in cause.message) == (".data.a", True)


async def test_only_the_very_object_is_deleted(connection, namespace):
    made = namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": "c"}})
    with pytest.raises(errors.Conflict):
        await connection.delete(key(namespace, "c"), "00000000-0000-0000-0000-000000000000")
    await connection.delete(key(namespace, "c"), made["metadata"]["uid"])
    with pytest.raises(errors.NotFound):
        await connection.delete(key(namespace, "c"), made["metadata"]["uid"])


async def test_a_status_is_only_written_to_the_resource_that_was_seen(connection, namespace):
    made = resources.deploy(namespace, "digits")
    seen = made["metadata"]["resourceVersion"]
    identity = {"name": "digits", "namespace": namespace.name, "resourceVersion": seen}
    body = {"apiVersion": names.API_VERSION, "kind": "ModelDeployment", "metadata": identity, "status": {"replicas": 7}}
    about = key(namespace, "digits", kinds.MODEL_DEPLOYMENT)
    assert (await connection.apply(about, body, force=True, subresource="status"))["status"]["replicas"] == 7
    namespace.delete(kinds.MODEL_DEPLOYMENT, "digits")
    resources.deploy(namespace, "digits")
    with pytest.raises(errors.Conflict):
        await connection.apply(about, {**body, "status": {"replicas": 8}}, force=True, subresource="status")


async def test_a_token_that_is_turned_away_is_read_anew(connection, namespace, monkeypatch):
    turned_away, send = [errors.ApiError(401, "Unauthorized", "expired")], connection._send

    async def first_refused(*arguments):
        if turned_away:
            raise turned_away.pop()
        return await send(*arguments)

    monkeypatch.setattr(connection, "_send", first_refused)
    namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": "c"}})
    assert await connection.get(key(namespace, "c"))
    assert not turned_away


def counted(api: connecting.Api) -> dict[str, float]:
    """Verb, kind and code of the calls that were counted, and how many."""
    prefix, found = "modelsmith_operator_api_calls_total", {}
    for line in api._counters.text().splitlines():
        if line.startswith(f"{prefix}{{"):
            labels, _, value = line.removeprefix(prefix).rpartition(" ")
            found[labels] = float(value)
    return found


async def test_each_call_is_counted_by_verb_kind_and_code(connection, namespace):
    about, manifest = key(namespace, "c"), config_map("c", data={"a": "1"})
    await connection.get(about)
    for _ in range(2):
        await connection.apply(about, manifest)
    await connection.rehearse(about, manifest)
    await connection.merge(about, {"data": {"b": "2"}})
    with pytest.raises(errors.Conflict):
        await connection.create(about, manifest)
    assert [page async for page in connection.pages(kinds.CONFIG_MAP, namespace.name)]
    async for _ in connection.watch(kinds.CONFIG_MAP, namespace.name, "", 5, begun=lambda: None):
        break
    made = await connection.metadata(about)
    await connection.delete(about, made["metadata"]["uid"])
    await connection.version()
    assert counted(connection) == {
        '{verb="get",kind="ConfigMap",code="404"}': 1,
        '{verb="apply",kind="ConfigMap",code="201"}': 1,
        '{verb="apply",kind="ConfigMap",code="200"}': 1,
        '{verb="dry_run",kind="ConfigMap",code="200"}': 1,
        '{verb="patch",kind="ConfigMap",code="200"}': 1,
        '{verb="create",kind="ConfigMap",code="409"}': 1,
        '{verb="list",kind="ConfigMap",code="200"}': 1,
        '{verb="watch",kind="ConfigMap",code="200"}': 1,
        '{verb="get",kind="ConfigMap",code="200"}': 1,
        '{verb="delete",kind="ConfigMap",code="200"}': 1,
        '{verb="get",kind="version",code="200"}': 1,
    }


def closed() -> float:
    raise errors.NotLeading("no more")


async def test_a_write_that_the_fence_stops_is_not_sent(connection, namespace):
    made = namespace.create(kinds.CONFIG_MAP, {"metadata": {"name": "c"}})
    connection.fence, about = closed, key(namespace, "d")
    writes = (
        connection.create(about, config_map("d")),
        connection.apply(about, config_map("d")),
        connection.merge(key(namespace, "c"), {"data": {"a": "1"}}),
        connection.replace(key(namespace, "c"), {**made, "data": {"a": "1"}}),
        connection.delete(key(namespace, "c"), made["metadata"]["uid"]),
    )
    for write in writes:
        with pytest.raises(errors.NotLeading):
            await write
    assert counted(connection) == {}
    assert await connection.get(about) is None
    found = await connection.get(key(namespace, "c"))
    assert found["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_the_fence_is_asked_once_more_before_the_first_byte(connection, namespace):
    """A process may be stopped at any point: here, while the connection is made."""
    answers = [15.0]
    connection.fence = lambda: answers.pop() if answers else closed()
    with pytest.raises(errors.NotLeading):
        await connection.create(key(namespace, "c"), config_map("c"))
    assert answers == []
    assert namespace.find(kinds.CONFIG_MAP, "c") is None


async def test_the_lease_itself_is_written_without_the_fence(connection, namespace):
    connection.fence, about = closed, key(namespace, "l", kinds.LEASE)
    made = await connection.create(about, leases.taken(None, about, "one", 15, dt.datetime.now(dt.UTC)))
    found = await connection.replace(about, leases.released(made, dt.datetime.now(dt.UTC)))
    assert leases.holder(found) == ""
    with pytest.raises(errors.Conflict):
        await connection.replace(about, leases.renewed(made, dt.datetime.now(dt.UTC)))


async def test_since_when_the_api_server_answers_is_known(connection, namespace):
    assert connection.answering_since == float("inf")
    assert await connection.get(key(namespace, "nothing")) is None
    first = connection.answered
    await connection.version()
    assert (connection.answering_since, connection.answered > first) == (first, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        connection._client.configuration.host = f"https://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(errors.Unreachable):
            await connection.version()
    assert connection.answering_since == float("inf")


def api_at(bound: socket.socket) -> connecting.Api:
    return connecting.Api(client.Configuration(host=f"http://127.0.0.1:{bound.getsockname()[1]}"), metrics.Metrics())


async def test_a_server_that_is_not_there_is_unreachable(namespace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        api = api_at(taken)
        with pytest.raises(errors.Unreachable, match="GET /api/v1"):
            await api.get(key(namespace, "c"))
        assert counted(api) == {'{verb="get",kind="ConfigMap",code="none"}': 1}
        await api.close()


async def test_a_write_takes_no_longer_than_the_fence_allows(namespace):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        api = api_at(silent)
        api.fence = lambda: 0.2
        with pytest.raises(errors.Unreachable, match="TimeoutError"):
            await api.create(key(namespace, "c"), config_map("c"))
        await api.close()


async def test_a_server_that_does_not_answer_is_unreachable(namespace, monkeypatch):
    monkeypatch.setattr(transporting, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        api = api_at(silent)
        with pytest.raises(errors.Unreachable):
            await api.get(key(namespace, "c"))
        await api.close()
