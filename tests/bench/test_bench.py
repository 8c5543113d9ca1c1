"""A short run of the bench, on real parts."""

import asyncio
from pathlib import Path

import pytest

from bench import __main__ as running
from bench import clients, contestants, planes, report, settling
from model_operator import connecting, kinds, names

COUNT = 3
#: What every contestant makes for one ModelDeployment, beside the claim of the namespace.
CHILDREN = {
    kinds.SERVICE: 2 * COUNT,
    kinds.POD_DISRUPTION_BUDGET: COUNT,
    kinds.MODEL_BUILD: COUNT,
    kinds.JOB: COUNT,
    kinds.CONTROLLER_REVISION: COUNT,
    kinds.DEPLOYMENT: COUNT,
    kinds.PERSISTENT_VOLUME_CLAIM: 1,
}


@pytest.fixture(scope="module")
def compared(bench_plane: planes.Plane, tmp_path_factory: pytest.TempPathFactory) -> report.Rounds:
    """One round of every contestant, and what each left in its namespace."""
    directory = tmp_path_factory.mktemp("contestants")
    return asyncio.run(_compared(bench_plane, directory))


async def _compared(plane: planes.Plane, directory: Path) -> report.Rounds:
    async with clients.Client(plane.kubeconfig) as client:
        await plane.furnish(client)
        return await running.compare(plane, client, contestants.Stable(client, directory), COUNT, 1)


@pytest.fixture(scope="module")
def left(bench_plane: planes.Plane, compared: report.Rounds) -> dict[str, dict[kinds.Kind, list[kinds.Manifest]]]:
    """Contestant -> kind -> what it left."""

    async def look() -> dict[str, dict[kinds.Kind, list[kinds.Manifest]]]:
        async with clients.Client(bench_plane.kubeconfig) as client:
            return {kind.name: await _left(client, f"round-0-{kind.name}") for kind in compared}

    return asyncio.run(look())


async def _left(client: clients.Client, namespace: str) -> dict[kinds.Kind, list[kinds.Manifest]]:
    found = {}
    for kind in (*CHILDREN, kinds.MODEL_DEPLOYMENT):
        found[kind] = (await client.call("GET", connecting.path(kind, namespace)))["items"]
    return found


def test_all_make_the_same_children(left):
    for name, found in left.items():
        assert {kind: len(found[kind]) for kind in CHILDREN} == CHILDREN, name


def test_equal_specs_have_equal_servers_whoever_makes_them(left):
    servers = {name: _server(found) for name, found in left.items()}
    assert all(server == servers["ours"] for server in servers.values())


def _server(found: dict[kinds.Kind, list[kinds.Manifest]]) -> kinds.Manifest:
    return next(one for one in found[kinds.DEPLOYMENT] if one["metadata"]["name"] == "digits-0")["spec"]


def test_all_say_ready_in_the_same_words(left):
    for name, found in left.items():
        for resource in found[kinds.MODEL_DEPLOYMENT]:
            ready = kinds.condition(resource, "Ready")
            assert (ready["reason"], ready["message"]) == ("Serving", "1 of 1 servers are ready"), name
            assert resource["status"]["artifact"]["precision"] == "float32", name


def test_no_controller_reaches_the_end_with_fewer_writes_than_the_silent_one(compared):
    (silent,) = compared[contestants.SILENT]
    # The children, and the end of each of the two statuses; of the claim one write for all of those who come together.
    assert silent.writes.total <= COUNT * 10 + COUNT
    assert silent.writes.kinds["patch modeldeployments/status"] == COUNT
    assert silent.writes.kinds["patch modelbuilds/status"] == COUNT
    assert all(silent.writes.total <= samples[0].writes.total for samples in compared.values())


def test_the_idiomatic_one_keeps_its_own_notes_on_users_objects(left):
    for resource in left["idiomatic"][kinds.MODEL_DEPLOYMENT]:
        assert resource["metadata"]["finalizers"]
        assert any("kopf" in name for name in resource["metadata"]["annotations"])


def test_every_figure_is_there(compared):
    for kind, (sample,) in compared.items():
        assert len(sample.latencies) == COUNT, kind.name
        assert sample.cpu > 0
        assert sample.resident > 10e6
        assert sample.seconds > 2, "a Deployment is available after two seconds"


async def test_a_restart_among_settled_ones_is_measured(bench_plane, tmp_path):
    """The namespaces of the others are in the same cluster: this operator looks at all of it."""
    async with clients.Client(bench_plane.kubeconfig) as client:
        stable = contestants.Stable(client, tmp_path)
        mass, namespaces = await settling.settle(bench_plane, client, stable, COUNT, shared=True, label="settled")
        again = await settling.restart(bench_plane, stable, namespaces, COUNT)
    assert mass.writes.kinds["patch modelbuilds"] >= 1
    assert (again.writes.total, again.writes.events) == (0, 0)
    assert again.seconds <= again.looked


def test_the_page_says_what_was_measured_and_what_was_not_reached(compared):
    page = report.text(report.Results(compared))
    assert "| writes <= 1.15 x L |" in page
    assert "3 ModelDeployments at once, 1 rounds" in page
    assert page.count("\n| writes, a resource | ") == 1


def test_names_of_the_sample_are_in_no_child(left):
    assert names.MANAGED_BY in str(left)
    assert not any(word in str(left) for word in ("sample-", "sample:", "sampleid"))
