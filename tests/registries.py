"""Real registries of the distribution project, each gone when its test is, however the test ends."""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from cluster import building, certificates, pins, probing
from serving import processes

USER, PASSWORD = "builder", "right password"
#: bcrypt of PASSWORD at its lowest cost.
HTPASSWD = f"{USER}:$2b$04$modelsmithmodelsmithm.sYLw5pPf0F2zAlKtp20azS.0TWInXDK\n"
_CONFIG = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {directory}/data}}
  delete: {{enabled: true}}
http:
  addr: "{host}"
  {tls}
{auth}
"""
_AUTH = "auth: {{htpasswd: {{realm: tests, path: {path}}}}}"
_TLS = "tls: {{certificate: {pki}/apiserver.crt, key: {pki}/apiserver.key}}"
_ACCESS = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/1.1" (?P<status>\d+) (?P<size>\d+)')


@dataclasses.dataclass(frozen=True)
class Registry:
    """A registry that listens."""

    host: str
    directory: Path

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def repository(self, name: str = "team/models") -> str:
        return f"{self.host}/{name}"

    def asked(self, since: int = 0) -> list[tuple[str, str, int, int]]:
        """Method, path, status and bytes of the body, of each request since a place in the log."""
        lines = self.log.read_text()[since:].splitlines()
        found = filter(None, map(_ACCESS.search, lines))
        return [(one["method"], one["path"], int(one["status"]), int(one["size"])) for one in found]

    def now(self) -> int:
        """The present place in the log."""
        return len(self.log.read_text())

    def blob(self, digest: str) -> Path:
        """The file that holds a blob."""
        algorithm, _, name = digest.partition(":")
        return self.directory / f"data/docker/registry/v2/blobs/{algorithm}/{name[:2]}/{name}/data"


@contextlib.contextmanager
def running(
    directory: Path, *, password: bool = False, tls: bool = False, address: str = "127.0.0.1", port: int | None = None
) -> Iterator[Registry]:
    """A registry on a free port, with or without a password, over plain HTTP or with a certificate of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    port = port or processes.free_ports(1)[0]
    made = Registry(f"{address}:{port}", directory)
    config = directory / "config.yaml"
    config.write_text(_configuration(made, password=password, tls=tls))
    program = building.ensure(pins.KUBERNETES) / "registry"
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with processes.running([str(program), "serve", str(config)], environment, made.log) as process:
        processes.until(lambda: _listens(process, made))
        yield made


def _configuration(registry: Registry, *, password: bool, tls: bool) -> str:
    directory = registry.directory
    (directory / "htpasswd").write_text(HTPASSWD)
    if tls:
        certificates.ensure(directory / "pki", ["127.0.0.1"])
    return _CONFIG.format(
        directory=directory,
        host=registry.host,
        auth=_AUTH.format(path=directory / "htpasswd") if password else "",
        tls=_TLS.format(pki=directory / "pki") if tls else "",
    )


def _listens(process: subprocess.Popen[bytes], registry: Registry) -> bool:
    assert process.poll() is None, registry.log.read_text()
    address, _, port = registry.host.partition(":")
    return probing.tcp(address, int(port))()


def docker_config(folder: Path, host: str, password: str = PASSWORD) -> Path:
    """The folder of a Docker config with credentials for a registry."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(credentials(host, password))
    return folder


def credentials(host: str, password: str = PASSWORD) -> str:
    """The Docker config."""
    auth = b64encode(f"{USER}:{password}".encode()).decode()
    return json.dumps({"auths": {host: {"auth": auth}}})
