import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from model_builder import arrays, contract
from serving import artifacts_made, processes


def golden_count(sentinel, outcome):
    found = re.search(rf'golden_total{{outcome="{outcome}"}} (\d+)', sentinel.probe("metrics")[1])
    return int(found[1]) if found else 0


def test_a_pod_is_ready_once_its_answers_are_right(shared, tmp_path):
    with processes.sentinel(shared.artifact, shared.url, tmp_path / "log") as sentinel:
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        assert sentinel.probe("startupz")[0] == 200
        assert sentinel.probe("livez")[0] == 200
        assert "modelsmith_sentinel_ready 1" in sentinel.probe("metrics")[1]
    assert "ready: Serving" in (tmp_path / "log").read_text()


def test_wrong_values_keep_a_pod_from_being_ready_but_alive(shared, tmp_path):
    samples = artifacts_made.golden()
    samples[f"{contract.GOLDEN_OUTPUT}scores"] = samples[f"{contract.GOLDEN_OUTPUT}scores"] + 1
    artifacts_made.make(tmp_path / "artifact", samples=samples)
    with processes.sentinel(tmp_path / "artifact", shared.url, tmp_path / "log", limit=0.5) as sentinel:
        processes.until(lambda: sentinel.probe("readyz")[1]["reason"] == "GoldenWrong")
        processes.until(lambda: golden_count(sentinel, "wrong") >= 5)
        status, body = sentinel.probe("readyz")
        assert status == 503
        assert body["message"] == "golden inference: output scores differs in 3 of 3 elements, by up to 1"
        assert sentinel.probe("livez")[0] == 200
        assert sentinel.probe("startupz")[0] == 200
    assert "not ready: GoldenWrong: golden inference: output scores differs" in (tmp_path / "log").read_text()


def test_a_request_that_triton_calls_invalid_is_a_wrong_model(shared, tmp_path):
    samples = artifacts_made.golden()
    samples[f"{contract.GOLDEN_INPUT}image"] = np.zeros((4, 1, 5), np.float32)
    artifacts_made.make(tmp_path / "artifact", samples=samples)
    with processes.sentinel(tmp_path / "artifact", shared.url, tmp_path / "log") as sentinel:
        body = processes.until(lambda: (body := sentinel.probe("readyz")[1])["reason"] == "GoldenWrong" and body)
        assert "unexpected shape for input 'image'" in body["message"]


def test_before_triton_listens_a_pod_has_not_started(tmp_path):
    artifacts_made.make(tmp_path / "artifact")
    [port] = processes.free_ports(1)
    with processes.sentinel(tmp_path / "artifact", f"http://127.0.0.1:{port}", tmp_path / "log") as sentinel:
        assert sentinel.probe("startupz")[0] == 503
        assert sentinel.probe("readyz")[1]["reason"] == "TritonAbsent"
        assert sentinel.probe("livez")[0] == 200


def test_a_model_that_does_not_load_is_not_ready_with_tritons_own_words(served, tmp_path):
    with (
        served(model=b"not an onnx file") as server,
        processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log") as sentinel,
    ):
        body = processes.until(lambda: (body := sentinel.probe("readyz")[1])["reason"] == "ModelNotLoaded" and body)
        assert "Protobuf parsing failed" in body["message"]
        assert sentinel.probe("startupz")[0] == 200
        assert sentinel.probe("livez")[0] == 200


def test_a_dead_backend_is_unready_at_once_and_dead_after_the_limit(served, tmp_path):
    with (
        served() as server,
        processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log", limit=4) as sentinel,
    ):
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        [stub] = server.stubs()
        os.kill(stub, signal.SIGKILL)
        processes.until(lambda: sentinel.probe("readyz")[0] == 503, patience=10)
        assert sentinel.probe("livez")[0] == 200
        assert sentinel.probe("startupz")[0] == 200
        # What it is for: Triton itself still says that all is well.
        assert server.ask("models/tiny/ready")[0] == 200
        body = processes.until(lambda: (answer := sentinel.probe("livez"))[0] == 503 and answer[1], patience=30)
        assert "Stub process 'tiny_0_0' is not healthy" in body["message"]
    assert "not live: GoldenFailed" in (tmp_path / "log").read_text()


def test_a_frozen_server_is_unready_and_dead_after_the_limit(served, tmp_path):
    with (
        served() as server,
        processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log", timeout=1, limit=2) as sentinel,
    ):
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        server.process.send_signal(signal.SIGSTOP)
        body = processes.until(lambda: (answer := sentinel.probe("livez"))[0] == 503 and answer[1], patience=30)
        assert body["reason"] == "TritonSilent"
        assert sentinel.probe("readyz")[0] == 503
        server.process.send_signal(signal.SIGCONT)
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        assert sentinel.probe("livez")[0] == 200


def test_the_sentinel_does_not_hold_the_servers_exit(served, tmp_path):
    with served() as server, processes.sentinel(tmp_path / "artifact", server.url, tmp_path / "log") as sentinel:
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=15) == 0


def test_the_sentinel_is_small_and_ends_when_told(shared, tmp_path):
    with processes.sentinel(shared.artifact, shared.url, tmp_path / "log") as sentinel:
        processes.until(lambda: sentinel.probe("readyz")[0] == 200)
        lines = Path(f"/proc/{sentinel.process.pid}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        assert int(status["VmRSS"].split()[0]) < 70_000, "kB"
        sentinel.process.terminate()
        assert sentinel.process.wait(timeout=15) == 0


def run_sentinel(*arguments):
    """For one that ends by itself."""
    path = os.pathsep.join(str(processes.ROOT / room) for room in ("serving", "model-builder"))
    return subprocess.run(
        [sys.executable, "-m", "model_serving", "sentinel", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_golden_samples_that_cannot_be_read_end_the_sentinel_with_a_word(tmp_path):
    artifacts_made.make(tmp_path / "artifact")
    arrays.save(tmp_path / "artifact/golden.npz", {"else": np.zeros(1)})
    ended = run_sentinel("--model=tiny", f"--artifact={tmp_path / 'artifact'}")
    assert ended.returncode == 1
    assert "golden samples without inputs or outputs: else" in ended.stdout


def test_a_sentinel_without_a_model_ends_with_a_word():
    ended = run_sentinel()
    assert ended.returncode == 1
    assert "no model to watch: set MODELSMITH_SETTINGS" in ended.stdout
