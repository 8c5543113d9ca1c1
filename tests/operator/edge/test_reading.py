"""A sentinel's word, over the network: whatever happens there, a look at a resource goes on."""

import asyncio

import pytest
from aiohttp import web

from model_operator import errors, kinds, reading
from model_serving import settings

#: An address of this machine that nobody else listens on.
ADDRESS = "127.0.0.9"
POD = {"metadata": {"uid": "uid-1"}, "status": {"podIP": ADDRESS}}


@pytest.fixture
async def sentinel():
    """`await sentinel(handler)`: something answers where a pod's sentinel would."""
    runners = []

    async def start(handler):
        app = web.Application()
        app.router.add_get("/readyz", handler)
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], ADDRESS, settings.SENTINEL_PORT).start()

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_what_a_sentinel_says_is_read_though_it_is_a_no(sentinel):
    async def no(_):
        return web.json_response({"reason": "ModelNotLoaded"}, status=503)

    await sentinel(no)
    assert await reading.Reader(None).sentinel(POD) == '{"reason": "ModelNotLoaded"}'


async def test_a_sentinel_that_hangs_costs_two_seconds_and_no_more(sentinel, monkeypatch):
    monkeypatch.setattr(reading, "SENTINEL_TIMEOUT", 0.2)
    asked = asyncio.Event()

    async def hang(_):
        asked.set()
        await asyncio.sleep(60)

    await sentinel(hang)
    assert await reading.Reader(None).sentinel(POD) == ""
    assert asked.is_set()


async def test_nobody_there_is_no_answer():
    assert await reading.Reader(None).sentinel(POD) == ""


async def test_only_the_beginning_of_an_endless_answer_is_read(sentinel):
    async def much(_):
        return web.Response(text="x" * 10_000_000)

    await sentinel(much)
    assert 0 < len(await reading.Reader(None).sentinel(POD)) <= reading.SENTINEL_LIMIT


class Answers:
    """An API server that says these things one after the other."""

    def __init__(self, *versions):
        self.versions = list(versions)

    async def get(self, key):
        version = self.versions.pop(0)
        return {"metadata": {"name": key.name, "resourceVersion": str(version)}} if version else None


async def test_an_answer_that_is_older_than_one_before_is_none():
    reader, key = reading.Reader(Answers(7, 7, 5, 7)), kinds.Key(kinds.CONFIG_MAP, "demo", "model")
    for _ in range(2):
        assert await reader.read(key)
    with pytest.raises(errors.Unreachable, match="at version 5"):
        await reader.read(key)
    assert await reader.read(key)


async def test_what_was_deleted_and_made_anew_is_read():
    reader, key = reading.Reader(Answers(7, None, 9)), kinds.Key(kinds.CONFIG_MAP, "demo", "model")
    assert [bool(await reader.read(key)) for _ in range(3)] == [True, False, True]


SECRET = {"metadata": {"name": "push", "labels": {"a": "b"}}, "stringData": {"password": "hunter2"}}


async def test_of_a_secret_its_labels_are_read_and_nothing_leaves_the_api_server_besides(connection, namespace):
    namespace.create(kinds.SECRET, SECRET)
    key = kinds.Key(kinds.SECRET, namespace.name, "push")
    assert await reading.Reader(connection).labels(key) == {"a": "b"}
    answer = await connection.metadata(key)
    assert (answer["kind"], answer.keys()) == ("PartialObjectMetadata", {"kind", "apiVersion", "metadata"})


async def test_a_secret_that_is_not_there_has_no_labels_and_is_asked_for_again(connection, namespace):
    reader, key = reading.Reader(connection), kinds.Key(kinds.SECRET, namespace.name, "push")
    assert await reader.labels(key) is None
    namespace.create(kinds.SECRET, {"metadata": {"name": "push"}})
    assert await reader.labels(key) == {}


class Listed:
    """An API server with nodes, and pods on them; or with an answer for whoever asks."""

    def __init__(self, answer=None):
        self.answer, self.asked = answer, []

    async def pages(self, kind, namespace, **selectors):
        self.asked.append((kind.plural, namespace, selectors))
        if self.answer:
            raise self.answer
        spec = {
            "taints": [],
            "podCIDR": "10.0.0.0/24",
            "containers": [{"image": "x", "resources": {"limits": {"cpu": 1}}}],
        }
        for name in ("a", "b"):
            yield (
                [{"metadata": {"name": name, "annotations": {"long": "x"}}, "spec": spec, "status": {"images": ["y"]}}],
                "7",
            )


async def test_nodes_are_listed_once_for_a_burst_and_kept_in_outline():
    api = Listed()
    reader = reading.Reader(api)
    for _ in range(3):
        assert [one["metadata"] for one in await reader.nodes()] == [{"name": "a"}, {"name": "b"}]
    assert api.asked == [("nodes", None, {})]
    assert "images" not in str(await reader.nodes())


async def test_the_pods_of_a_node_are_listed_by_its_name_whoever_they_belong_to():
    api = Listed()
    reader = reading.Reader(api)
    for _ in range(2):
        [pod, _] = await reader.pods_on("gpu-a")
        assert pod["spec"] == {"containers": [{"resources": {"limits": {"cpu": 1}}}]}
    await reader.pods_on("gpu-b")
    assert api.asked == [("pods", None, {"fieldSelector": f"spec.nodeName=gpu-{name}"}) for name in "ab"]


async def test_what_may_not_be_read_is_not_asked_for_over_and_over():
    api = Listed(errors.ApiError(403, "Forbidden", "nodes is forbidden"))
    reader = reading.Reader(api)
    assert [await reader.nodes() for _ in range(3)] == [None] * 3
    assert len(api.asked) == 1


async def test_another_answer_is_a_failure():
    with pytest.raises(errors.ApiError):
        await reading.Reader(Listed(errors.ApiError(500, "", ""))).nodes()


async def test_an_operator_of_some_namespaces_asks_for_no_nodes():
    api = Listed()
    reader = reading.Reader(api, whole_cluster=False)
    assert (await reader.nodes(), await reader.pods_on("a"), api.asked) == (None, None, [])
