import os
import signal

import numpy as np

from serving import artifacts_made, processes

MIB = 2**20
CACHED = '{"modelName": "tiny", "responseCacheBytes": 1048576}'


def counts(server):
    found = server.ask("models/tiny/stats")[1]["model_stats"][0]["inference_stats"]
    return found["cache_hit"]["count"], found["cache_miss"]["count"]


def test_the_same_request_is_executed_once(served):
    image = np.arange(4, dtype=np.float32).reshape(1, 4)
    with served(cache=MIB) as server:
        answers = [server.infer(image) for _ in range(3)]
        assert [status for status, _ in answers] == [200, 200, 200]
        assert answers[1] == answers[0]
        assert counts(server) == (2, 1)
        server.infer(image + 1)
        assert counts(server) == (2, 2)


def test_without_a_cache_every_request_is_executed(shared):
    assert shared.ask("models/tiny/config")[1].get("response_cache", {}).get("enable", False) is False
    assert shared.infer(np.ones((1, 4), np.float32))[0] == shared.infer(np.ones((1, 4), np.float32))[0] == 200
    assert counts(shared) == (0, 0)


def test_a_cache_does_not_hide_a_dead_backend_from_the_sentinel(served, tmp_path):
    samples = artifacts_made.golden(rows=8)
    with (
        served(cache=MIB, samples=samples) as server,
        processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log", settings=CACHED, limit=4) as sentinel,
    ):
        # Every golden sample is in the cache by now: those before the first Ready are all asked.
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        processes.until(lambda: counts(server)[0] >= 5)
        [stub] = server.stubs()
        os.kill(stub, signal.SIGKILL)
        processes.until(lambda: sentinel.probe("readyz")[0] == 503, patience=10)
        processes.until(lambda: sentinel.probe("livez")[0] == 503, patience=30)
