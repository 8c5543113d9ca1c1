"""What a sentinel tells beside its verdict, to who watches many servers."""

import os
import re
import signal

import numpy as np

from model_builder import contract
from model_serving.sentinel import decide, distributions, endpoints, traffic
from serving import artifacts_made, processes

IMAGE = np.ones((1, 4), np.float32)
METRICS = processes.ROOT / "docs/metrics.md"


def told(sentinel):
    return sentinel.probe("readyz")[1]


def test_looks_golden_and_proof_are_told(shared, tmp_path):
    with processes.sentinel(shared.artifact, shared.url, tmp_path / "log") as sentinel:
        found = processes.until(lambda: (found := told(sentinel))["looks"] >= 3 and found["ok"] and found)
        assert found["proven"] is True
        assert found["golden"]["right"] >= 3
        assert {"ok", "reason", "message"} <= found.keys()


def test_wrong_values_are_counted_and_nothing_is_proven(shared, tmp_path):
    samples = artifacts_made.golden()
    samples[f"{contract.GOLDEN_OUTPUT}scores"] = samples[f"{contract.GOLDEN_OUTPUT}scores"] + 1
    artifacts_made.make(tmp_path / "artifact", samples=samples)
    with processes.sentinel(tmp_path / "artifact", shared.url, tmp_path / "log") as sentinel:
        found = processes.until(lambda: (found := told(sentinel))["golden"].get("wrong", 0) >= 3 and found)
        assert found["proven"] is False
        assert found["reason"] == "GoldenWrong"
        assert found["looks"] >= 3


def test_traffic_is_of_clients_alone(served, tmp_path):
    with served() as server, processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log") as sentinel:
        processes.until(lambda: told(sentinel)["traffic"])
        first = told(sentinel)["traffic"]
        assert (first["succeeded"], first["failed"], first["mean_ms"]) == (0, 0, None)
        for _ in range(25):
            assert server.infer(IMAGE)[0] == 200
        seen = processes.until(lambda: (seen := told(sentinel)["traffic"])["succeeded"] == 25 and seen)
        assert seen["failed"] == 0
        assert seen["mean_ms"] > 0
        assert 0 < seen["seconds"] <= 60
        looks = told(sentinel)["golden"]["right"]
        processes.until(lambda: told(sentinel)["golden"]["right"] >= looks + 5)
        assert told(sentinel)["traffic"]["succeeded"] == 25, "golden requests are none of it"


def test_failures_of_clients_are_counted_and_its_own_are_not(served, tmp_path):
    with served() as server, processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log") as sentinel:
        processes.until(lambda: told(sentinel)["traffic"])
        [stub] = server.stubs()
        os.kill(stub, signal.SIGKILL)
        assert [server.infer(IMAGE)[0] for _ in range(4)] == [500] * 4
        processes.until(lambda: told(sentinel)["golden"].get("failed", 0) >= 5)
        assert told(sentinel)["traffic"]["failed"] == 4


def names(text):
    return set(re.findall(r"^# HELP (modelsmith_sentinel_\w+) ", text, re.MULTILINE))


def test_every_metric_has_a_help_and_stands_in_the_docs():
    board = endpoints.Board(
        golden={decide.Golden.RIGHT: 1},
        state=decide.State(proven=True, looks=2, deaths=3),
        window=traffic.Traffic(60.0, 5, 1, 2.5),
        expiry=1_796_000_123.0,
        drift=(
            distributions.Index("scores", "values", 0.31, 1200),
            distributions.Index("scores", "classes", 0.02, 1200),
        ),
    )
    text = endpoints.metrics(board)
    samples = {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}
    assert samples == names(text)
    assert set(re.findall(r"`(modelsmith_sentinel_\w+)", METRICS.read_text())) == names(text)
    assert "modelsmith_sentinel_traffic_mean_seconds 0.0025" in text
    assert "modelsmith_sentinel_deaths_total 3" in text
    assert 'modelsmith_sentinel_golden_total{outcome="right"} 1' in text
    assert 'modelsmith_sentinel_output_psi{output="scores",of="values"} 0.31' in text
    assert text.count('modelsmith_sentinel_output_samples{output="scores"} 1200') == 1


def test_no_window_is_no_zero():
    assert "traffic" not in endpoints.metrics(endpoints.Board())


def test_the_output_that_is_furthest_is_told():
    found = [("scores", "values", 0.1234), ("scores", "classes", 0.31), ("label", "values", None)]
    board = endpoints.Board(drift=tuple(distributions.Index(*one, samples=600) for one in found))
    assert endpoints.report(board)["drift"] == {"psi": 0.31, "output": "scores", "of": "classes", "samples": 600}


def test_before_there_are_enough_samples_no_index_is_told():
    board = endpoints.Board(drift=(distributions.Index("scores", "values", None, 499),))
    assert endpoints.report(board)["drift"] is None
    assert "output_psi" not in endpoints.metrics(board)
    assert 'output_samples{output="scores"} 499' in endpoints.metrics(board)
    assert "output" not in endpoints.metrics(endpoints.Board()), "where nothing is sampled"


def test_a_report_is_whole_for_who_reads_sixteen_kibibytes():
    verdict = decide.Verdict(ok=False, reason=decide.Reason.MODEL_NOT_LOADED, message="\N{SNOWMAN}" * 100_000)
    golden = dict.fromkeys(decide.Golden, 10**9)
    board = endpoints.Board(golden=golden, window=traffic.Traffic(60.0, 10**9, 10**9, 1e9))
    assert len(endpoints.body(verdict, endpoints.report(board))) < 16_384
