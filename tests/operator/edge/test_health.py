"""When a restart would help, and when it would not."""

import asyncio
import contextlib
import dataclasses

import aiohttp
import pytest
from edge import faults, processes, proxying

from model_operator import connecting, health, kinds, metrics, probing, running, settings, transporting, watching

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "demo", "digits")
WELL = health.Vitals(silences={kinds.POD: 30.0, kinds.JOB: 90.0}, answering=1e5, unanswered=1.0)
CASES = {
    "all is well": ({}, ""),
    "a watch is dead": (
        {"silences": {kinds.POD: 400.0, kinds.JOB: 30.0}},
        "the watch of pods is dead: not answered for 400 s, while the API server answers others",
    ),
    "no watch is answered, but our calls are": ({"silences": {kinds.POD: 400.0}}, "the watch of pods is dead"),
    "the API server is away": ({"silences": {kinds.POD: 4000.0}, "unanswered": 3990.0}, ""),
    "the API server has just come back": ({"silences": {kinds.POD: 4000.0}, "answering": 5.0}, ""),
    "the API server never answered": (
        {"silences": {kinds.POD: 4000.0}, "answering": float("-inf"), "unanswered": float("inf")},
        "",
    ),
    "a handling hangs": (
        {"longest": 601.0, "whose": KEY},
        "the handling of ModelDeployment demo/digits hangs since 601 s",
    ),
    "nobody takes a key": ({"idle": 601.0}, "the queue is stuck: nobody took a key for 601 s"),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_complaints(change, expected):
    found = "; ".join(health.complaints(dataclasses.replace(WELL, **change)))
    assert found.startswith(expected)
    assert bool(found) == bool(expected)


def test_a_watch_is_opened_anew_well_before_it_is_called_dead():
    assert 2 * (watching.WATCH_SECONDS + watching.SLACK) <= health.SILENT


def test_a_handling_whose_calls_all_time_out_is_not_called_stuck():
    assert health.STUCK >= 30 * transporting.TIMEOUT


@pytest.mark.parametrize("plural", ["pods", "modeldeployments"], ids=["a child's", "a resource's"])
async def test_a_watch_that_hangs_while_the_others_live_is_found(plane, cluster, process, monkeypatch, plural):
    """Every stream of one kind hangs; all else is answered. The framework watches one of them, we the other."""
    monkeypatch.setattr(watching, "WATCH_SECONDS", 1)
    monkeypatch.setattr(health, "SILENT", 4.0)
    with proxying.Proxy(cluster, plane.directory / "pki") as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig(process.kubeconfig)))
        proxy.armed.arm(faults.Fault(faults.What.HANG, faults.Place("watch", plural, 2, times=1000)))
        chosen = settings.from_environment({**processes.IMAGES, "MODELSMITH_ELECTION": "off"})
        passed = connecting.Api(await transporting.configuration(), metrics.Metrics())
        operator = running.Operator(chosen, passed, metrics.Metrics(), lambda *_: {})
        async with watched(operator):
            [complaint] = await until(operator, passed)
            assert operator._silences().keys() == set(kinds.EVERY)
        await passed.close()
    assert complaint.startswith(f"the watch of {plural} is dead")


@contextlib.asynccontextmanager
async def watched(operator: running.Operator):
    parts = [
        asyncio.ensure_future(operator._reflector.run([None], watching.WATCH_SECONDS)),
        asyncio.ensure_future(operator._watcher.watch(())),
    ]
    try:
        yield
    finally:
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)


async def until(operator: running.Operator, connection: connecting.Api) -> list[str]:
    """What it complains of, once it does; the API server is asked all the while."""
    async with asyncio.timeout(60):
        while not (found := operator._complaints()):
            await connection.version()
            await asyncio.sleep(0.5)
    return found


async def test_what_is_wrong_is_the_body_of_a_503(unused_tcp_port):
    found: list[str] = []
    server = probing.Server(unused_tcp_port, metrics.Metrics(), lambda: False, lambda: found)
    await server.start()
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with aiohttp.ClientSession() as session:

        async def ask(path: str) -> tuple[int, str]:
            async with session.get(url + path) as answer:
                return answer.status, await answer.text()

        assert await ask("/healthz") == (200, "ok\n")
        assert await ask("/readyz") == (503, "filling the caches\n")
        found += ["this is dead", "that hangs"]
        assert await ask("/healthz") == (503, "this is dead\nthat hangs\n")
    await server.stop()
