"""`modelsmith` as a user starts it: a process of its own, with a cache of its own and the real development server."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from builder import making

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("operator", "model-builder", "serving", "cli")
#: Longest wait for a process to do what it should; the machine may be busy.
PATIENCE = 120
SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a name
SERVES = "Ctrl-C ends it"


def document(**build: Any) -> dict[str, Any]:
    """The ModelDeployment of the small model; its files are a ConfigMap that is not in the file."""
    model = making.request()["model"]
    return {
        "apiVersion": "modelsmith.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "tiny"},
        "spec": {
            "model": {**model, "source": {"configMap": {"name": "tiny-model"}}},
            "build": {"evaluation": {"data": {"file": "test.npz"}, "metrics": ["accuracy"]}, **build},
        },
    }


def write(path: Path, *documents: dict[str, Any]) -> Path:
    """As a file."""
    path.write_text(yaml.safe_dump_all(documents))
    return path


@dataclasses.dataclass(frozen=True)
class Machine:
    """A user's machine, and a model on it."""

    home: Path
    source: Path
    triton: Path

    @property
    def file(self) -> Path:
        """The ModelDeployment."""
        return self.home / "modeldeployment.yaml"

    @property
    def local(self) -> Path:
        """What local mode keeps."""
        return self.home / "cache/modelsmith/local"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(ROOT / room) for room in ROOMS),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "MODELSMITH_TRITON_PYTHON": str(self.triton),
            SECRET: "secret",
        }

    def run(self, verb: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """To its end."""
        return subprocess.run(
            self.command(verb, arguments),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def build(self, out: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        """The model, as it is."""
        return self.run("build", "-f", self.file, "--source", self.source, "--out", out, *arguments)

    def command(self, verb: str, arguments: Sequence[object]) -> list[str]:
        return [sys.executable, "-m", "modelsmith", verb, *map(str, arguments)]

    @contextlib.contextmanager
    def running(self, log: Path, verb: str, *arguments: object) -> Iterator["Running"]:
        """While it runs; it ends in order, also where the test failed."""
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command(verb, arguments), cwd=self.home, env=self.environment, stdout=output, stderr=output
            )
        try:
            yield Running(process, log)
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def processes(self) -> list[str]:
        """Command lines that name this machine's folder: every step, server and sentinel does."""
        lines = (command_line(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
        return [line for line in lines if str(self.local) in line]

    def left(self) -> list[Path]:
        """Folders of runs, and their regions of shared memory."""
        work = [path for path in (self.local / "work").iterdir() if path.is_dir()]
        return work + [region for path in work for region in Path("/dev/shm").glob(f"modelsmith-{path.name}-*")]


@dataclasses.dataclass(frozen=True)
class Running:
    """A verb that has not ended."""

    process: "subprocess.Popen[str] | subprocess.Popen[bytes]"
    log: Path

    def until(self, text: str) -> str:
        """What it has said, once that is among it."""
        deadline = time.monotonic() + PATIENCE
        while text not in (said := self.log.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return said

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def until(probe: Any) -> None:
    """Wait for it to be true."""
    deadline = time.monotonic() + 20
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def command_line(path: Path) -> str:
    """Of a process; empty when it is gone, or a zombie."""
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
