"""A short run of the bench, on real parts."""

import asyncio
import dataclasses
from pathlib import Path

import pytest

from bench import __main__ as running
from bench import clients, contestants, keeping, planes, report, settling
from model_operator import connecting, kinds, names

COUNT = 3
#: What every contestant makes for one ModelDeployment, beside the claim of the namespace.
CHILDREN = {
    kinds.SERVICE: 2 * COUNT,
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
    assert silent.writes.total <= COUNT * 8 + COUNT
    assert silent.writes.kinds["patch modeldeployments/status"] == COUNT
    assert silent.writes.kinds["patch modelbuilds/status"] == COUNT
    assert all(silent.writes.total <= samples[0].writes.total for samples in compared.values())


@pytest.mark.parametrize("kind", contestants.KOPF, ids=lambda kind: kind.name)
def test_the_idiomatic_ones_keep_their_own_notes_on_users_objects(left, kind):
    for resource in left[kind.name][kinds.MODEL_DEPLOYMENT]:
        assert resource["metadata"]["finalizers"]
        assert _noted(resource)


@pytest.mark.parametrize("child", [kinds.JOB, kinds.DEPLOYMENT], ids=lambda kind: kind.kind)
def test_only_who_repeats_errors_keeps_notes_on_children(left, child):
    by_name = {kind.name: [_noted(one) for one in left[kind.name][child]] for kind in contestants.KOPF}
    assert by_name == {
        "idiomatic": [True] * COUNT,
        "idiomatic-narrow": [True] * COUNT,
        "idiomatic-events": [False] * COUNT,
    }


def test_notes_on_a_deployment_do_not_call_for_more_of_them(compared):
    """Its generation counts annotations, and its status tells generations: who follows all of that never ends."""
    for kind in (contestants.IDIOMATIC, contestants.NARROW):
        (sample,) = compared[kind]
        assert sample.writes.kinds["patch deployments"] == COUNT, kind.name


def _noted(manifest: kinds.Manifest) -> bool:
    return any("kopf" in name for name in manifest["metadata"].get("annotations") or {})


def test_every_figure_is_there(compared):
    for kind, (sample,) in compared.items():
        assert len(sample.latencies) == COUNT, kind.name
        assert sample.cpu > 0
        assert sample.resident > 10e6
        assert sample.seconds > 2, "a Deployment is available after two seconds"


async def test_many_at_once_are_measured(bench_plane, tmp_path):
    """The namespaces of the others are in the same cluster: this operator looks at all of it."""
    async with clients.Client(bench_plane.kubeconfig) as client:
        stable = contestants.Stable(client, tmp_path)
        mass = await settling.settle(bench_plane, client, stable, COUNT, shared=True)
    assert mass.writes.kinds["patch modelbuilds"] >= 1
    assert mass.cpu > 0


async def test_those_that_are_planted_have_settled(planted_plane, tmp_path):
    """As the operator sees it: it looks at each, and has nothing to write."""
    said: list[str] = []
    async with clients.Client(planted_plane.kubeconfig) as client:
        await planted_plane.furnish(client)
        stable = contestants.Stable(client, tmp_path)
        namespaces = await settling.plant(planted_plane, client, COUNT, said.append)
        again = await settling.restart(planted_plane, stable, namespaces, COUNT)
        pods = await client.call("GET", connecting.path(kinds.POD, namespaces[0]))
        found = await _left(client, namespaces[0])
    assert (again.writes.kinds, again.writes.events) == ({}, 0)
    assert again.seconds <= again.looked
    assert {kind: len(found[kind]) for kind in CHILDREN} == CHILDREN
    assert all(kinds.condition(one, "Ready") for one in found[kinds.MODEL_DEPLOYMENT])
    assert sorted(one["status"]["phase"] for one in pods["items"]) == ["Running"] * COUNT + ["Succeeded"] * COUNT
    assert len(said) == len(namespaces)


def test_the_page_says_what_was_measured_and_what_was_not_reached(compared):
    page = report.text(_results(compared))
    assert "| writes <= 1.15 x L |" in page
    assert "3 ModelDeployments at once, 1 rounds" in page
    assert page.count("\n| writes, a resource | ") == 1


def test_the_page_says_how_few_writes_there_can_be(compared):
    (silent,) = compared[contestants.SILENT]
    page = report.text(_results(compared))
    assert f"L, silent writes {silent.writes.total / COUNT:.1f} a resource" in page
    assert "Half of K is" in page


def test_the_page_names_what_was_not_run(compared):
    page = report.text(_results(compared))
    assert "**Not run for this page**: many at once (`--many 1000`); the restart among settled ones" in page


def test_the_page_judges_nothing_by_too_few(compared):
    page = report.text(_results(compared))
    assert any("(here 3)" in line and line.endswith("| not shown: too few |") for line in page.splitlines())


def test_the_page_names_every_write_of_a_restart(compared):
    (sample,) = compared[contestants.SILENT]
    restart = settling.Restart(5000, 1.0, 2.0, 3.0, sample.writes, 10**8)
    page = report.text(dataclasses.replace(_results(compared), restarts=(restart,)))
    assert "Written: create controllerrevisions 3, " in page
    assert f"settled (here 5000): 0 writes | {sample.writes.total} | **not met** |" in page


def test_results_are_kept_for_the_same_sources_and_machine_only(compared, tmp_path):
    path, results = tmp_path / "there" / "kept.json", _results(compared)
    keeping.write(path, "one", results)
    assert keeping.read(path, "one") == results
    assert keeping.read(path, "another") == keeping.Results()
    assert keeping.origin("a machine") != keeping.origin("another machine")


@pytest.mark.parametrize("status", [429, 500, 503, 504])
async def test_what_a_laden_api_server_has_made_all_the_same_is_found(bench_plane, monkeypatch, status):
    answers = [clients.Refused(status, "patience"), clients.Refused(409, "there"), {"metadata": {"uid": "it"}}]
    asked: list[tuple[str, str]] = []

    async def once(method, path, *_):
        asked.append((method, path))
        answer = answers.pop(0)
        if isinstance(answer, clients.Refused):
            raise answer
        return answer

    async with clients.Client(bench_plane.kubeconfig) as client:
        monkeypatch.setattr(client, "_once", once)
        monkeypatch.setattr(clients, "PAUSE", 0)
        assert await client.call("POST", "/things", {"metadata": {"name": "one"}}) == {"metadata": {"uid": "it"}}
    assert asked == [("POST", "/things"), ("POST", "/things"), ("GET", "/things/one")]


def test_results_of_another_form_are_not_read(tmp_path):
    path = tmp_path / "kept.json"
    path.write_text('{"origin": "one", "results": {"compared": 1}}')
    assert keeping.read(path, "one") == keeping.Results()


def _results(compared: report.Rounds) -> keeping.Results:
    return keeping.Results({kind.name: list(samples) for kind, samples in compared.items()})


def test_names_of_the_sample_are_in_no_child(left):
    assert names.MANAGED_BY in str(left)
    assert not any(word in str(left) for word in ("sample-", "sample:", "sampleid"))
