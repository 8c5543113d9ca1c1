"""Serve an artifact as a pod does: compose, the flags of the server, and the sentinel that says when it is ready."""

import dataclasses
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_operator.api import asking
from model_serving import artifacts, compose, flags, settings
from model_serving.sentinel import decide
from modelsmith import errors
from modelsmith.local import building, environments, families, ports, progress, servers

UNENCRYPTED = (
    "spec.serving.tls: no Secret is read on this machine, so gRPC is not encrypted; it listens on 127.0.0.1 alone"
)
#: Loading is over when the sentinel says these, and another try would give the same.
FINAL = (decide.Reason.MODEL_NOT_LOADED, decide.Reason.GOLDEN_WRONG)
#: How a line of the sentinel begins once the server is dead: a kubelet would restart it.
DEAD = "not live"
#: Whatever proxy the user has, it is not for this machine's own address.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclasses.dataclass(frozen=True)
class Served:
    """A server and its sentinel."""

    triton: servers.Server
    sentinel: servers.Server
    listening: flags.Listening
    #: Port of the sentinel.
    watch: int

    def check(self) -> None:
        """Raise SaidError when one of them has ended."""
        self.triton.check()
        self.sentinel.check()


def start(job: building.Job, built: building.Built, program: servers.Program, asked: flags.Listening) -> Served:
    """Compose, and start both: HTTP and gRPC where asked, the rest on free ports. Raises SaidError."""
    # There is no Secret here: gRPC is not encrypted, and HTTP is heard where it is asked for.
    serving = asking.serving(job.asked.name, built.digest, job.asked.spec).model_copy(update={"tls": None})
    repository = lay_out(job, built.folder, serving, program)
    metrics, watch = ports.free(2)
    listening = dataclasses.replace(asked, metrics=metrics)
    samples = job.work / "samples"
    samples.mkdir()
    arguments = flags.server(
        serving, repository=str(repository), listening=listening, key=secrets.token_hex(), samples=str(samples)
    )
    triton = program.start(job.family, arguments, job.work, "triton")
    log = job.work / "sentinel.log"
    argv = [
        *environments.python("model_serving"),
        "sentinel",
        f"--artifact={built.folder}",
        f"--model={serving.model_name}",
        f"--triton=http://{ports.ADDRESS}:{listening.http}",
        f"--metrics=http://{ports.ADDRESS}:{listening.metrics}/metrics",
        *(["--cached"] if serving.response_cache_bytes else []),
        *([f"--samples={samples}"] if serving.sample_every else []),
        f"--host={ports.ADDRESS}",
        f"--port={watch}",
    ]
    sentinel = servers.Server(job.family.start(argv, environments.of_ours(job.work), log, job.work), log)
    return Served(triton, sentinel, listening, watch)


def lay_out(job: building.Job, artifact: Path, serving: settings.ServingSettings, program: servers.Program) -> Path:
    """The server's repository. Raises SaidError."""
    if serving.gpus and program.development:
        raise errors.SaidError(
            f"{job.asked.file}: spec.serving.gpu: the development server has no GPU. Name another with --tritonserver "
            "PATH, or remove the field"
        )
    repository = job.work / "repository"
    try:
        compose.write(artifact, repository, serving)
    except (artifacts.ArtifactError, compose.CannotServeError, OSError) as error:
        raise errors.SaidError(f"the artifact {artifact} cannot be served: {error}") from error
    return repository


def await_ready(served: Served, family: families.Family, show: progress.Progress, seconds: float) -> None:
    """Wait until the golden answers came out right. Raises SaidError with the sentinel's or Triton's words."""
    deadline = time.monotonic() + seconds
    with progress.telling(show, "serve", "ready"):
        while not (verdict := readiness(served))["ok"]:
            family.check()
            served.check()
            if verdict["reason"] in FINAL or time.monotonic() > deadline:
                raise unready(served, verdict, seconds)
            show.lines([])
            time.sleep(families.PAUSE)


def readiness(served: Served) -> dict[str, Any]:
    """What the sentinel says: ok, reason, message."""
    try:
        with DIRECT.open(f"http://{ports.ADDRESS}:{served.watch}/readyz", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            found = json.load(error)
    except OSError as error:
        return {"ok": False, "reason": "SentinelAbsent", "message": f"the sentinel does not answer: {error}"}
    return found


def unready(served: Served, verdict: dict[str, Any], seconds: float) -> errors.SaidError:
    """The words of whoever knows most."""
    words = f"{verdict['reason']}: {verdict['message']}"
    if verdict["reason"] in FINAL:
        return errors.SaidError(f"the model is not ready: {words}")
    log = servers.tail(served.triton.log)
    return errors.SaidError(
        f"the model is not ready after {seconds:g} s: {words}\nTriton's last lines:\n{log}\n"
        "Where the machine is slow, give it more with --timeout SECONDS"
    )


def watch(served: Served, family: families.Family, say: Callable[[str], None]) -> None:
    """Serve until a signal, which is raised as Interruption; what the sentinel notices is told. Raises SaidError."""
    with progress.tail(served.sentinel.log) as new_lines:
        while True:
            family.check()
            served.check()
            for line in new_lines():
                say(line)
                if line.startswith(DEAD):
                    raise errors.SaidError(f"the server is dead: {line}")
            time.sleep(families.PAUSE)
