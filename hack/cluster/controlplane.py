"""An API server for a test run: any Linux machine, no privilege, nothing left.

Used so:

    with controlplane.ControlPlane(tmp_path) as plane:
        plane.kubectl("create", "namespace", "demo")
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import socket
import sys
import types
from pathlib import Path
from typing import Self

from cluster import audit, building, certificates, commands, controlling, errors, kubeconfigs, pins, processes

_ADDRESS = "127.0.0.1"
_ATTEMPTS = 3
_PARTS = ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd")


class ControlPlane:
    """etcd and kube-apiserver on free ports of 127.0.0.1, in one directory.

    With `controller_manager`, also the controllers (garbage collection of owned
    objects, Jobs, Deployments, service accounts); without, pods need no service
    account and a deleted namespace stays. No node: pods stay Pending. With
    `scheduler`, they are given to nodes that a test makes.

    The processes end with `stop()`, and also when the thread that started them
    ends in any way: start it from the main thread.
    """

    def __init__(
        self, directory: Path, *, controller_manager: bool = False, scheduler: bool = False, audited: str = ""
    ) -> None:
        """Take a directory of its own; nothing is started yet. `audited`: a group whose reads are logged, too."""
        if not sys.platform.startswith("linux"):
            raise errors.MachineError("The embedded API server runs on Linux only.")
        self.directory = directory.resolve()
        self.kubeconfig = self.directory / "kubeconfig"
        self.audit_log = self.directory / "audit" / "audit.log"
        self._controller_manager = controller_manager
        self._scheduler = scheduler
        self._audited = audited
        self._keeper = processes.Keeper(self.directory / "run", self.directory / "logs", die_with_us=True)

    def start(self) -> Self:
        """Return when the API server is ready; built programs make that a few seconds."""
        building.ensure(pins.KUBERNETES)
        atexit.register(self.stop)
        try:
            self._start_on_free_ports()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End all processes; the directory and its logs stay. Harmless when repeated."""
        for name in _PARTS:
            # Nothing is worth waiting for: the data is thrown away.
            self._keeper.stop(name, patience=0 if name == "etcd" else 5)
        atexit.unregister(self.stop)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Return kubectl's output; raise errors.CommandError with its words."""
        program = controlling.program("kubectl")
        return commands.run(program, f"--kubeconfig={self.kubeconfig}", *arguments, stdin=stdin)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _start_on_free_ports(self) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._start(*_free_ports(5))
            except errors.NotReadyError as failure:
                # Between our look and its bind, somebody else may take a port.
                if "address already in use" not in str(failure) or attempt == _ATTEMPTS:
                    raise
                self.stop()
            else:
                return

    def _start(self, port: int, etcd_port: int, peer_port: int, controllers_port: int, scheduler_port: int) -> None:
        site = controlling.Site(self.directory, _ADDRESS, port, etcd_port, peer_port)
        certificates.ensure(site.pki, [_ADDRESS, controlling.FIRST_SERVICE])
        audit.write_policy(site.audit_policy, self._audited)
        kubeconfigs.write(self.kubeconfig, site.server, site.pki, "admin")
        # The data dies with the test: an fsync a write would only make it slow.
        self._keeper.start(_patient(controlling.etcd(site, "--unsafe-no-fsync")))
        self._keeper.start(_patient(controlling.apiserver(site, *self._api_flags())))
        if self._controller_manager:
            identity = "controller-manager"
            kubeconfigs.write(site.kubeconfig_of(identity), site.server, site.pki, identity)
            program = controlling.controller_manager(site, controllers_port)
            self._keeper.start(_patient(program))
        if self._scheduler:
            identity = "scheduler"
            kubeconfigs.write(site.kubeconfig_of(identity), site.server, site.pki, identity)
            self._keeper.start(_patient(controlling.scheduler(site, scheduler_port)))

    def _api_flags(self) -> list[str]:
        # 127.0.0.1 may not be the endpoint of a Service, and no pod needs it.
        flags = ["--endpoint-reconciler-type=none", f"--advertise-address={_ADDRESS}"]
        if not self._controller_manager:
            # Nobody would make the service accounts that it demands.
            flags.append("--disable-admission-plugins=ServiceAccount")
        return flags


def _patient(program: processes.Program) -> processes.Program:
    return dataclasses.replace(program, patience=120)  # a laden CI machine


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_ADDRESS, 0))
        return [each.getsockname()[1] for each in sockets]
