"""`python -m bench.sentinels`: what the sentinel costs beside its server, at its default interval.

Each round starts the development server with a small model and a sentinel as a pod does, waits until that is ready,
and reads its resident memory and CPU time from /proc over a while.
"""

import argparse
import contextlib
import dataclasses
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import environment
from bench import figures, served
from model_serving import development, flags, places

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks-sentinel.md"
#: What the design allows.
MEMORY_MB, CPU_PERCENT = 70, 1.0
#: Longest wait for a start, in seconds.
PATIENCE = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Sample:
    """One round."""

    memory: float
    """Resident at the end, in MB."""
    cpu: float
    """Percent of a core."""


def main() -> int:
    """Measure, print, write the page."""
    parser = argparse.ArgumentParser(prog="bench.sentinels", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120, help="length of a round")
    parser.add_argument("--output", type=Path, default=PAGE)
    asked = parser.parse_args()
    samples = []
    for number in range(asked.rounds):
        with tempfile.TemporaryDirectory(prefix="modelsmith-bench-") as folder:
            samples.append(measure(Path(folder), asked.seconds))
        sys.stderr.write(f"round {number + 1}: {samples[-1].memory:.1f} MB, {samples[-1].cpu:.2f} % of a core\n")
    asked.output.write_text(page(samples, asked.seconds))
    return 0


def measure(folder: Path, seconds: float) -> Sample:
    """One round."""
    serving = served.lay_out(folder)
    http, grpc, metrics, port = served.ports(4)
    listening = flags.Listening("127.0.0.1", http, grpc, metrics)
    arguments = flags.server(serving, repository=str(folder / "repository"), listening=listening, key="bench")
    server, variables = development.command(environment.interpreter("triton-dev"), folder / "scratch", arguments)
    (folder / "scratch").mkdir()
    with running(server, variables, folder / "triton.log"):
        sentinel = [
            *(sys.executable, "-m", "model_serving", "sentinel", f"--artifact={folder / 'artifact'}"),
            *(f"--triton=http://127.0.0.1:{http}", f"--metrics=http://127.0.0.1:{metrics}/metrics"),
            *("--host=127.0.0.1", f"--port={port}"),
        ]
        settings = {places.SETTINGS_VARIABLE: serving.model_dump_json(by_alias=True, exclude_none=True)}
        with running(sentinel, {**os.environ, **settings}, folder / "sentinel.log") as process:
            await_ready(port)
            before, began = cpu_seconds(process.pid), time.monotonic()
            time.sleep(seconds)
            used = cpu_seconds(process.pid) - before
            return Sample(resident(process.pid), 100 * used / (time.monotonic() - began))


@contextlib.contextmanager
def running(argv: Sequence[str], variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process, gone at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(argv, env=variables, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def await_ready(port: int) -> None:
    """Until the sentinel says so."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if ready(port):
            return
        time.sleep(0.2)
    sys.exit(f"the sentinel was not ready within {PATIENCE} s")


def ready(port: int) -> bool:
    """Whether it says so."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False


def resident(pid: int) -> float:
    """Memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def cpu_seconds(pid: int) -> float:
    """User and system time since the start."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def page(samples: Sequence[Sample], seconds: float) -> str:
    """docs/benchmarks-sentinel.md."""
    memory, cpu = [sample.memory for sample in samples], [sample.cpu for sample in samples]
    rows = [
        ("resident memory, MB", figures.Measured(memory).text(1), f"{MEMORY_MB}", max(memory) <= MEMORY_MB),
        ("CPU, % of a core", figures.Measured(cpu).text(2), f"{CPU_PERCENT:g}", max(cpu) <= CPU_PERCENT),
    ]
    table = "\n".join(
        f"| {name} | {value} | {limit} | {'yes' if met else '**no**'} |" for name, value, limit, met in rows
    )
    return _PAGE.format(
        cores=os.cpu_count(), python=platform.python_version(), count=len(samples), seconds=f"{seconds:g}", table=table
    )


_PAGE = """# What the sentinel costs

Written by `make bench-sentinel`; not by hand.

Machine: {cores} cores, Python {python}.
A sentinel beside the development server with a small model, at its default interval of 5 s, without other requests;
n = {count} rounds of {seconds} s: median (least-most).

| | measured | allowed | kept in every round |
|---|---|---|---|
{table}
"""


if __name__ == "__main__":
    sys.exit(main())
