"""The API server of a test run: needs no privilege, leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster import controlplane, errors, pins, processes


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with controlplane.ControlPlane(tmp_path_factory.mktemp("plane"), controller_manager=True) as running:
        yield running


def test_it_serves_the_pinned_kubernetes(plane):
    version = json.loads(plane.kubectl("version", "--output=json"))
    assert version["serverVersion"]["gitVersion"] == pins.KUBERNETES_VERSION


def test_writes_are_audited_and_reads_are_not(plane):
    plane.kubectl("create", "configmap", "audited", "--from-literal=a=b")
    plane.kubectl("get", "configmap", "audited")
    events = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    ours = [event["verb"] for event in events if event.get("objectRef", {}).get("name") == "audited"]
    assert ours == ["create"]


def test_the_controller_manager_collects_garbage(plane):
    plane.kubectl("create", "configmap", "owner", "--from-literal=a=b")
    uid = plane.kubectl("get", "configmap", "owner", "--output=jsonpath={.metadata.uid}")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    metadata = {"name": "owned", "ownerReferences": [owner]}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    plane.kubectl("create", "--filename=-", stdin=json.dumps(body))
    plane.kubectl("delete", "configmap", "owner")
    plane.kubectl("wait", "--for=delete", "configmap/owned", "--timeout=60s")
    with pytest.raises(errors.CommandError, match="not found"):
        plane.kubectl("get", "configmap", "owned")


def test_a_refusal_is_told_in_the_servers_words(plane):
    with pytest.raises(errors.CommandError, match="NotFound"):
        plane.kubectl("get", "pod", "nobody")


def test_nothing_outlives_a_test_run_that_is_killed(tmp_path):
    code = (
        "import sys, time, pathlib; from cluster import controlplane; "
        "controlplane.ControlPlane(pathlib.Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    hack = str(Path(controlplane.__file__).parents[1])
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": hack}) as run:
        assert run.stdout.readline() == b"up\n"
        keeper = processes.Keeper(tmp_path / "run", tmp_path / "logs")
        records = [keeper.find(name) for name in ("etcd", "kube-apiserver")]
        assert all(record.alive for record in records)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(record.alive for record in records) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(record.alive for record in records)
