"""The operator as a process of its own, with an identity of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from edge import clusters

from model_operator import connecting, scheduling

NAMESPACE = "modelsmith-system"
ACCOUNT = "operator"
#: How the audit log calls it.
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
IMAGES = {
    "MODELSMITH_BUILDER_IMAGE": "registry.test/builder:1",
    "MODELSMITH_SERVING_IMAGE": "registry.test/serving:1",
    "MODELSMITH_TRITON_IMAGE": "registry.test/triton:1",
}


#: PR_SET_PDEATHSIG, SIGKILL: it ends with the test's process, however that ends.
_LAUNCH = """
import ctypes, runpy
ctypes.CDLL(None).prctl(1, 9)
runpy.run_module("model_operator", run_name="__main__", alter_sys=True)
"""


class Operator:
    """Started, stopped, asked."""

    def __init__(self, cluster: clusters.Cluster, directory: Path) -> None:
        self.cluster = cluster
        self.log = directory / "log"
        self.kubeconfig = directory / "kubeconfig"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        self._make_account()

    @property
    def running(self) -> bool:
        """Started, and not stopped by a test."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Of the process while it runs; None when it was stopped, or ended by itself."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, **environment: str) -> None:
        """Return when the caches are filled."""
        self.launch(**environment)
        clusters.until(self._ready, "the operator is ready")

    def launch(self, **environment: str) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH],
                stderr=log,
                stdout=log,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    **IMAGES,
                    "KUBECONFIG": str(self.kubeconfig),
                    # The only process; renewals would be noise in the audit log.
                    "MODELSMITH_ELECTION": "off",
                    "MODELSMITH_PROBE_PORT": str(self._port),
                    **environment,
                },
            )

    def stop(self) -> int:
        """Ask it to end; answers its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=clusters.PATIENCE)
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL: it has no time for anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=clusters.PATIENCE)
            self._process = None

    def restart(self, **environment: str) -> None:
        """Stop and start."""
        assert self.stop() == 0
        self.start(**environment)

    def writes(self, since: int) -> list[str]:
        """What it wrote since a place in the audit log."""
        return self.cluster.writes(USER, since)

    def said(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text().splitlines()[-40:]) if self.log.exists() else ""

    def rest(self, namespace: clusters.Namespace) -> None:
        """Return when it wrote nothing there for longer than it waits before a look at what it wrote itself."""
        busy = True
        while busy:
            since = self.cluster.now()
            time.sleep(scheduling.LATER + 1.0)
            busy = any(f" {namespace.name}/" in line for line in self.writes(since))

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text of a probe or of the metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, sample: str) -> float:
        """The value of one sample; 0 when it is not there yet."""
        _, text = self.ask("/metrics")
        found = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(f"{sample} ")]
        return float(found[0]) if found else 0.0

    def resident(self) -> int:
        """Resident memory in bytes."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def seconds(self) -> float:
        """Processor time used."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-4000:]
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def _make_account(self) -> None:
        """A service account with the rights of the chart, and a kubeconfig with a token of it."""
        call, group = self.cluster.call, "rbac.authorization.k8s.io"
        name = {"metadata": {"name": ACCOUNT}}
        call("POST", connecting.path(clusters.NAMESPACE), {"metadata": {"name": NAMESPACE}})
        call("POST", connecting.path(clusters.SERVICE_ACCOUNT, NAMESPACE), name)
        call("POST", connecting.path(clusters.CLUSTER_ROLE), {**name, "rules": clusters.rules()})
        call(
            "POST",
            connecting.path(clusters.CLUSTER_ROLE_BINDING),
            {
                **name,
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": ACCOUNT},
                "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
            },
        )
        path = connecting.path(clusters.SERVICE_ACCOUNT, NAMESPACE, ACCOUNT, "token")
        token = call("POST", path, {"spec": {"expirationSeconds": 7200}})["status"]["token"]
        self.kubeconfig.write_text(json.dumps(self._kubeconfig(token)))

    def _kubeconfig(self, token: str) -> clusters.Manifest:
        authority = self.kubeconfig.with_name("ca.crt")
        authority.write_text(self.cluster.certificate_authority)
        server = {"server": self.cluster.server, "certificate-authority": str(authority)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
