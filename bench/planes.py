"""A cluster for a bench: real etcd, API server, controllers and scheduler; one node that kwok pretends to be.

No privilege, free ports, everything in one directory. The controllers and the scheduler get more calls a second than
they have by default, and there are no controllers of endpoints (nobody calls these Services), so that what is measured
is the operator and not their patience.
"""

import contextlib
import dataclasses
import json
import shutil
import socket
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from bench import clients, specs, stages
from cluster import building, controlling, controlplane, kubeconfigs, pins, probing, processes
from model_operator import connecting, kinds

NODE = "kwok"
#: Seconds that a step of a build takes.
STEP_SECONDS = 1.0
_RATE = ("--kube-api-qps=500", "--kube-api-burst=1000")
_NEEDLESS = ("endpoints-controller", "endpointslice-controller", "endpointslice-mirroring-controller")
_NAMESPACE = kinds.Kind("", "v1", "Namespace", "namespaces")
_NODE = kinds.Kind("", "v1", "Node", "nodes")
_VOLUME = kinds.Kind("", "v1", "PersistentVolume", "persistentvolumes")
_DEFINITION = kinds.Kind("apiextensions.k8s.io", "v1", "", "customresourcedefinitions")
CRDS = Path(__file__).resolve().parents[1] / "crds"


class Plane:
    """Started, stopped; namespaces to work in."""

    def __init__(self, directory: Path, step_seconds: float = STEP_SECONDS, *, jobs: bool = True) -> None:
        """Take a directory of its own. Steps of no seconds: a build pod ends at once; no `jobs`: nobody runs them."""
        self.directory, self._step_seconds = directory, step_seconds
        self._idle = _NEEDLESS if jobs else (*_NEEDLESS, "job-controller")
        self._plane = controlplane.ControlPlane(directory)
        self._keeper = processes.Keeper(directory / "run", directory / "logs", die_with_us=True)
        self._programs: list[str] = []

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self._plane.kubeconfig

    @property
    def audit(self) -> Path:
        """Directory of the audit log, which the API server begins anew at 100 MB."""
        return self._plane.audit_log.parent

    def __enter__(self) -> Self:
        """Start everything, and have our definitions served."""
        self._plane.start()
        try:
            self._start_others()
            # YAML, several at a time, and the wait until they are served: kubectl's trade.
            self._plane.kubectl("create", "-f", str(CRDS))
            self._plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(CRDS))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop everything."""
        for name in reversed(self._programs):
            self._keeper.stop(name, patience=5)
        self._plane.stop()

    def _start_others(self) -> None:
        server = json.loads(self.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
        site = controlling.Site(self.directory.resolve(), "127.0.0.1", int(server.rpartition(":")[2]), 0, 0)
        for identity in ("controller-manager", "scheduler"):
            kubeconfigs.write(site.kubeconfig_of(identity), site.server, site.pki, identity)
        controllers, scheduler, kwok = free_ports(3)
        # The node says that it is ready once, and nothing after that.
        calm = ["--node-monitor-grace-period=24h", "--concurrent-deployment-syncs=20", "--concurrent-job-syncs=20"]
        calm.append(",".join(["--controllers=*", *(f"-{name}" for name in self._idle)]))
        self._start(controlling.controller_manager(site, controllers, *_RATE, *calm))
        self._start(_with(controlling.scheduler(site, scheduler), _RATE))
        self._start(self._kwok(kwok))

    def _kwok(self, port: int) -> processes.Program:
        programs = building.ensure(pins.KWOK)
        config = stages.write(self.directory / "kwok.yaml", self._step_seconds)
        argv = [
            str(programs / "kwok"),
            f"--kubeconfig={self.kubeconfig}",
            f"--config={config}",
            "--manage-all-nodes",
            f"--server-address=127.0.0.1:{port}",
            "--cidr=10.128.0.0/9",
            "-v=WARN",
        ]
        # It is not among our programs that watch over their parent themselves.
        guard = shutil.which("setpriv")
        argv = [guard, "--pdeathsig=KILL", *argv] if guard else argv
        return processes.Program("kwok", argv, probing.tcp("127.0.0.1", port))

    def _start(self, program: processes.Program) -> None:
        self._programs.append(program.name)
        self._keeper.start(dataclasses.replace(program, patience=120))

    async def furnish(self, client: clients.Client) -> None:
        """Make the node."""
        await client.call("POST", connecting.path(_NODE), {"metadata": {"name": NODE, "labels": {"type": "kwok"}}})

    async def namespace(self, client: clients.Client, name: str) -> str:
        """Make a namespace with the model in it, and a volume for its artifacts."""
        await client.call("POST", connecting.path(_NAMESPACE), {"metadata": {"name": name}})
        source = {"metadata": {"name": specs.SOURCE}, "binaryData": specs.FILES}
        await client.call("POST", connecting.path(kinds.CONFIG_MAP, name), source)
        await client.call("POST", connecting.path(_VOLUME), _volume(name))
        return name


def _volume(namespace: str) -> kinds.Manifest:
    """Bound to the claim as soon as that is there: nothing provisions here."""
    return {
        "metadata": {"name": namespace},
        "spec": {
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/nowhere"},
            "claimRef": {"namespace": namespace, "name": "modelsmith-artifacts"},
        },
    }


def _with(program: processes.Program, flags: Sequence[str]) -> processes.Program:
    return dataclasses.replace(program, argv=[*program.argv, *flags])


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
