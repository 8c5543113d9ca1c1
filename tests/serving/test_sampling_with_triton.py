"""Answers that clients get, counted beside a real Triton: by its own trace, of sampled requests."""

import contextlib
import json

import numpy as np
import pytest
import tritonclient.grpc

from model_builder.optimizing import distributions
from model_serving import compose
from serving import artifacts_made, processes

ROWS = 20
SETTINGS = json.dumps({"modelName": "tiny", "sampleEvery": 2})


def images(seed, rows, shift=0.0):
    return np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32) + np.float32(shift)


@pytest.fixture
def sampled(tmp_path, triton_python):
    """A server that samples every other request, and its sentinel: `with sampled() as (server, sentinel)`."""

    @contextlib.contextmanager
    def start():
        artifacts_made.make(tmp_path / "artifact")
        scores, label = artifacts_made.right(images(0, 1000))
        found = distributions.of({"scores": scores, "label": label})
        (tmp_path / "artifact/distribution.json").write_text(found.model_dump_json())
        (tmp_path / "artifact/manifest.sha256").unlink()
        digest = artifacts_made.seal(tmp_path / "artifact")
        serving = artifacts_made.serving(digest).model_copy(update={"sample_every": 2})
        compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
        scratch, log = tmp_path / "scratch", tmp_path / "log"
        more = f"--samples={scratch / 'samples'}"
        with (
            processes.triton(triton_python, tmp_path / "repository", scratch, serving) as server,
            processes.sentinel(tmp_path / "artifact", server.url, log, more, settings=SETTINGS) as sentinel,
        ):
            yield server, sentinel

    return start


def told(sentinel):
    return sentinel.probe("readyz")[1]["drift"]


def ask(server, sentinel, seed, shift=0.0):
    """Clients' requests, until more are counted and an index is told."""
    source, before = iter(range(seed, seed + 10_000)), sample_count(sentinel)

    def enough():
        for _ in range(6):
            assert server.infer(images(next(source), ROWS, shift))[0] == 200
        return sample_count(sentinel) != before and (found := told(sentinel)) and found

    return processes.until(enough)


def sample_count(sentinel):
    [line] = [line for line in sentinel.probe("metrics")[1].splitlines() if 'output_samples{output="scores"}' in line]
    return int(line.split()[1])


def test_the_same_inputs_do_not_drift_and_others_do(sampled, tmp_path):
    with sampled() as (server, sentinel):
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        same = ask(server, sentinel, seed=100)
        assert same["psi"] < 0.1
        assert same["samples"] >= 500
        processes.until(lambda: ask(server, sentinel, seed=20_000, shift=1.5)["psi"] > 0.25)
        worst = told(sentinel)
        assert worst["output"] in ("scores", "label")
        assert sentinel.probe("readyz")[0] == sentinel.probe("livez")[0] == 200, "drift is no reason to leave"
        metrics = sentinel.probe("metrics")[1]
        assert 'modelsmith_sentinel_output_psi{output="scores",of="classes"}' in metrics
        processes.until(lambda: not list((tmp_path / "scratch/samples").iterdir()))


def test_golden_requests_are_none_of_them(sampled):
    with sampled() as (_, sentinel):
        processes.until(lambda: sentinel.probe("readyz")[1].get("golden", {}).get("right", 0) >= 20)
        assert sample_count(sentinel) == 0


def test_requests_over_grpc_are_counted_too(sampled):
    with sampled() as (server, sentinel), tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        tensor = tritonclient.grpc.InferInput("image", [ROWS, 4], "FP32")
        tensor.set_data_from_numpy(images(1, ROWS))
        for _ in range(4):
            client.infer("tiny", [tensor])
        processes.until(lambda: sample_count(sentinel) == 2 * ROWS)


def test_nobody_from_outside_may_have_more_written(sampled):
    with sampled() as (server, _):
        status, answer = server.ask("trace/setting", {"trace_rate": "1"})
        assert (status, "modelsmith-key" in json.dumps(answer)) == (403, True)
