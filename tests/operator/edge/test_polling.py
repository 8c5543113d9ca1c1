"""Servers that are ready are asked in turn, and only another verdict wakes anybody."""

import pytest

from model_operator import caching, kinds, names, polling, reading

KEY = kinds.Key(kinds.MODEL_DEPLOYMENT, "team", "digits")
RIGHT, WRONG = '{"ok": true, "reason": "Serving"}', '{"ok": true, "reason": "GoldenWrong", "message": "y differs"}'


def pod(number, *, ready=True, name="digits"):
    conditions = [{"type": "Ready", "status": "True"}] if ready else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-{number}",
            "namespace": "team",
            "uid": f"uid-{name}-{number}",
            "resourceVersion": str(number + 1),
            "labels": {names.DEPLOYMENT_LABEL: name},
        },
        "status": {"podIP": f"10.0.0.{number}", "conditions": conditions},
    }


class Reader(reading.Reader):
    """Sentinels say what a test lets them say."""

    def __init__(self) -> None:
        super().__init__(None)
        self.says, self.asked = RIGHT, []

    async def sentinel(self, pod):
        self.asked.append(pod["metadata"]["name"])
        self._heard[pod["metadata"]["uid"]] = self.says
        return self.says


@pytest.fixture
def caches():
    made = caching.Caches()
    resource = {"name": "digits", "namespace": "team", "uid": "1", "resourceVersion": "1"}
    made.note(kinds.MODEL_DEPLOYMENT, {"metadata": resource})
    return made


@pytest.fixture
def woken():
    return []


@pytest.fixture
def poller(caches, woken):
    return polling.Poller(caches, Reader(), woken.append)


async def test_a_few_that_are_ready_are_asked(caches, poller):
    for one in (*map(pod, range(5)), pod(5, ready=False), pod(6, name="other")):
        caches.note(kinds.POD, one)
    assert await poller.ask(KEY) == {"uid-digits-0", "uid-digits-1", "uid-digits-2"}
    assert poller._reader.asked == ["digits-0", "digits-1", "digits-2"]


async def test_another_verdict_wakes_once(caches, poller, woken):
    caches.note(kinds.POD, pod(1))
    await poller.ask(KEY)
    assert woken == []
    poller._reader.says = WRONG
    await poller.ask(KEY)
    await poller.ask(KEY)
    assert woken == [KEY]
    poller._reader.says = RIGHT
    await poller.ask(KEY)
    assert woken == [KEY, KEY]


@pytest.mark.parametrize(("indices", "wakes"), [((0.03, 0.09), 1), ((0.31, 0.42), 1), ((0.03, 0.31, 0.42, 0.02), 3)])
async def test_answers_of_which_it_is_known_how_they_are_distributed_wake_and_a_little_change_does_not(
    caches, poller, woken, indices, wakes
):
    caches.note(kinds.POD, pod(1))
    await poller.ask(KEY)
    for psi in indices:
        poller._reader.says = f'{{"ok": true, "reason": "Serving", "drift": {{"psi": {psi}, "output": "y"}}}}'
        await poller.ask(KEY)
    assert woken == [KEY] * wakes


async def test_what_is_gone_is_forgotten(caches, poller, monkeypatch):
    caches.note(kinds.POD, pod(1))
    await poller.ask(KEY)
    assert poller._reader.heard(pod(1)) == RIGHT
    poller._reader.forget_all_but({"uid-digits-2"})
    assert poller._reader.heard(pod(1)) == ""


async def test_a_round_asks_all_and_takes_its_time(caches, poller, monkeypatch):
    caches.note(kinds.POD, pod(1))
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) > 1:
            raise InterruptedError

    monkeypatch.setattr(polling.asyncio, "sleep", sleep)
    with pytest.raises(InterruptedError):
        await poller.run()
    assert pauses == [polling.ROUND, polling.ROUND]
    assert poller._reader.asked == ["digits-1", "digits-1"]
