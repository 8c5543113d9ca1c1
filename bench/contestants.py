"""The controllers that are compared: each a process with an identity of its own."""

import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import aiohttp

from bench import clients, histories, planes
from model_operator import connecting, kinds

_ACCOUNT = kinds.Kind("", "v1", "ServiceAccount", "serviceaccounts")
_BINDING = kinds.Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings")
_HOME = "default"
_HANDLED = 'modelsmith_operator_reconciles_total{kind="ModelDeployment",result="ok"}'
#: Seconds until a process must watch.
PATIENCE = 120.0
#: Seconds between looks at ours while its restart is measured: an answer to /metrics costs it some milliseconds for
#: each thousand ModelDeployments that it tells of.
LOOK = 1.0


@dataclasses.dataclass(frozen=True)
class Kind:
    """One of those that are compared."""

    name: str
    #: What docs call it.
    title: str
    #: Of its handlers, when it is kopf's.
    module: str = ""
    #: More of its environment.
    environment: tuple[tuple[str, str], ...] = ()

    def command(self, namespaces: Sequence[str], ready: Path) -> list[str]:
        """How it is started for some namespaces; none is all, which only ours can do."""
        if self.name == "ours":
            return [sys.executable, "-m", "model_operator"]
        (namespace,) = namespaces
        if self.module:
            flags = ["--standalone", "--quiet", f"--namespace={namespace}", "-m", self.module]
            return [sys.executable, "-m", "kopf", "run", *flags]
        news = ["--news"] if self.name == "raw-news" else []
        return [sys.executable, "-m", "bench.raw", f"--namespace={namespace}", f"--ready={ready}", *news]


OURS = Kind("ours", "ours")
RAW = Kind("raw-news", "L")
SILENT = Kind("raw", "L, silent")
IDIOMATIC = Kind("idiomatic", "K", "bench.tracked")
NARROW = Kind("idiomatic-narrow", "K, narrow", "bench.tracked", (("BENCH_JOB_FIELD", "status.completionTime"),))
EVENTS = Kind("idiomatic-events", "K, events", "bench.spied")
KOPF = (IDIOMATIC, NARROW, EVENTS)
ALL = (OURS, RAW, SILENT, *KOPF)


def user(kind: Kind) -> str:
    """How the audit log calls it."""
    return f"system:serviceaccount:{_HOME}:bench-{kind.name}"


class Running:
    """One process of a contestant."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Take what was started."""
        self._process, self._log = process, log

    @property
    def seconds(self) -> float:
        """Processor time used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident(self) -> int:
        """Resident memory in bytes."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def check(self) -> None:
        """Raise when it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"ended with {self._process.returncode}:\n{self._log.read_text()[-4000:]}")

    def stop(self) -> None:
        """End it, by force after a while."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)


class Stable:
    """Identities, and a directory for what they leave."""

    def __init__(self, client: clients.Client, directory: Path) -> None:
        """Take an administrator's client."""
        self._client, self._directory, self._kubeconfigs = client, directory, dict[str, Path]()
        self._port = planes.free_ports(1)[0]

    async def start(self, kind: Kind, namespaces: Sequence[str], **environment: str) -> Running:
        """Have it running; it watches a moment later (see `watching`)."""
        kubeconfig = self._kubeconfigs.get(kind.name) or await self._identity(kind)
        self._kubeconfigs[kind.name] = kubeconfig
        self.ready_file.unlink(missing_ok=True)
        log = self._directory / f"{kind.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: ASYNC220 - starting is quick
                kind.command(namespaces, self.ready_file),
                stdout=output,
                stderr=output,
                env={**self._environment(kubeconfig, namespaces), **dict(kind.environment), **environment},
            )
        return Running(process, log)

    async def watching(self, kind: Kind, running: Running) -> None:
        """Wait until it watches. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not await self._watches(kind):
                running.check()
                await asyncio.sleep(0.05)

    async def looked(self, running: Running, count: int) -> None:
        """Wait until ours has looked at so many ModelDeployments. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while await self._handled() < count:
                running.check()
                await asyncio.sleep(LOOK)

    async def _watches(self, kind: Kind) -> bool:
        if kind != OURS:
            return self.ready_file.exists()
        status, _ = await self._asked("/readyz")
        return status == HTTPStatus.OK

    async def _handled(self) -> float:
        _, text = await self._asked("/metrics")
        found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(_HANDLED)]
        return float(found[0]) if found else 0.0

    async def _asked(self, path: str) -> tuple[int, str]:
        """Status and text of a probe of ours; 0 while nobody listens."""
        url = f"http://127.0.0.1:{self._port}{path}"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    @property
    def ready_file(self) -> Path:
        """Made by those that have no probe."""
        return self._directory / "watches"

    def _environment(self, kubeconfig: Path, namespaces: Sequence[str]) -> dict[str, str]:
        images = histories.IMAGES
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), *sys.path])),
            "KUBECONFIG": str(kubeconfig),
            "BENCH_READY": str(self.ready_file),
            "MODELSMITH_BUILDER_IMAGE": images.builder,
            "MODELSMITH_SERVING_IMAGE": images.serving,
            "MODELSMITH_TRITON_IMAGE": images.triton,
            "MODELSMITH_NAMESPACES": ",".join(namespaces),
            "MODELSMITH_PROBE_PORT": str(self._port),
            "MODELSMITH_NAMESPACE": _HOME,
            "MODELSMITH_LOG_LEVEL": "WARNING",
        }

    async def _identity(self, kind: Kind) -> Path:
        """A service account that may do everything, and a kubeconfig with its token."""
        name = f"bench-{kind.name}"
        subject = {"kind": "ServiceAccount", "name": name, "namespace": _HOME}
        role = {"apiGroup": _BINDING.group, "kind": "ClusterRole", "name": "cluster-admin"}
        binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
        await self._client.ensure(connecting.path(_ACCOUNT, _HOME), {"metadata": {"name": name}})
        await self._client.ensure(connecting.path(_BINDING), binding)
        path = connecting.path(_ACCOUNT, _HOME, name, "token")
        answer = await self._client.call("POST", path, {"spec": {"expirationSeconds": 86_400}})
        return self._written(name, answer["status"]["token"])

    def _written(self, name: str, token: str) -> Path:
        path = self._directory / f"{name}.kubeconfig"
        server = {"server": self._client.server, "certificate-authority-data": self._client.encoded_authority}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": server}],
            "users": [{"name": "bench", "user": {"token": token}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        return path
