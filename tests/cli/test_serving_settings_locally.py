"""`modelsmith run` with settings of Triton: they go through the same compose and flags as in a pod."""

import pytest
import yaml

from cli import runs

TUNED = {
    "modelConfig": {
        "dynamic_batching": {"default_queue_policy": {"max_queue_size": 100}},
        "instance_group": [{"count": 2, "rate_limiter": {"priority": 1}}],
    },
    "responseCache": {"size": "1Mi"},
    "drift": {"sampleEvery": 1},
    "tls": {"secretName": "not-here"},
}


@pytest.fixture(scope="module")
def tuned(machine, built):
    """The same model, so nothing is built again."""
    document = yaml.safe_load(machine.file.read_text())
    document["spec"]["serving"] = TUNED
    return runs.write(machine.home / "tuned.yaml", document)


def test_it_gets_ready_and_says_what_is_not_encrypted(machine, tuned):
    ports = ("--port=0", "--grpc-port=0")
    done = machine.run("run", "-f", tuned, "--source", machine.source, "--once", *ports)
    assert done.returncode == 0, done.stderr
    assert "spec.serving.tls: no Secret is read on this machine, so gRPC is not encrypted" in done.stderr


def test_an_overlay_that_does_not_fit_is_told_with_its_field(machine, tuned):
    document = yaml.safe_load(tuned.read_text())
    inputs = {"picture": {"data_type": "TYPE_FP32", "dims": [1], "zero_data": True}}
    document["spec"]["serving"]["modelConfig"]["model_warmup"] = [{"name": "mine", "inputs": inputs}]
    file = runs.write(machine.home / "unfit.yaml", document)
    done = machine.run("run", "-f", file, "--source", machine.source, "--once", "--port=0", "--grpc-port=0")
    assert done.returncode != 0
    assert "spec.serving.modelConfig.model_warmup: mine has the inputs picture" in done.stderr
