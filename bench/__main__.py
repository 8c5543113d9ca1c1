"""`python -m bench`: measure, and write docs/benchmarks.md.

Three parts, each with clusters of its own. A part of 0 is not run; what an earlier run has kept of it is taken, if it
was of the same sources and on the same machine; else the page says that it was not run.
"""

import argparse
import asyncio
import dataclasses
import sys
import tempfile
import time
from pathlib import Path

from bench import clients, contestants, keeping, planes, report, rounds, settling
from cluster import pins

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
KEPT = pins.cache_directory() / "bench.json"
_BEGUN = time.monotonic()


def main() -> int:
    """Run what is asked for; answers the exit code."""
    asked = _arguments()
    origin = keeping.origin(report.machine())
    results = keeping.read(asked.kept, origin)
    with tempfile.TemporaryDirectory(prefix="modelsmith-bench-") as directory:
        for part in (_compared, _many, _settled):
            results = part(asked, Path(directory), results)
            keeping.write(asked.kept, origin, results)
            asked.output.write_text(report.text(results))
    _say(f"written to {asked.output}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="ModelDeployments of a round")
    parser.add_argument("--rounds", type=int, default=5, help="of every contestant; 0: none")
    parser.add_argument("--many", type=int, default=1000, help="ModelDeployments at once, ours alone; 0: none")
    parser.add_argument("--shared", action="store_true", help="those that are many share a build in each namespace")
    parser.add_argument("--settled", type=int, default=5000, help="ModelDeployments of the restart; 0: none")
    parser.add_argument("--kept", type=Path, default=KEPT, help="file of the results of parts")
    parser.add_argument("--output", type=Path, default=PAGE)
    return parser.parse_args()


def _compared(asked: argparse.Namespace, directory: Path, results: keeping.Results) -> keeping.Results:
    if not asked.rounds:
        return results

    async def run(plane: planes.Plane) -> report.Rounds:
        async with clients.Client(plane.kubeconfig) as client:
            await plane.furnish(client)
            stable = contestants.Stable(client, plane.directory)
            return await compare(plane, client, stable, asked.count, asked.rounds)

    with planes.Plane(directory / "compared") as plane:
        found = asyncio.run(run(plane))
    return dataclasses.replace(results, compared={kind.name: list(samples) for kind, samples in found.items()})


async def compare(
    plane: planes.Plane, client: clients.Client, stable: contestants.Stable, count: int, number: int
) -> dict[contestants.Kind, list[rounds.Sample]]:
    """Every contestant once a round, another first each time."""
    samples: dict[contestants.Kind, list[rounds.Sample]] = {kind: [] for kind in contestants.ALL}
    for turn in range(number):
        first = turn % len(contestants.ALL)
        for kind in (*contestants.ALL[first:], *contestants.ALL[:first]):
            namespace = f"round-{turn}-{kind.name}"
            sample = await rounds.measure(plane, client, stable, kind, rounds.Asked(namespace, count))
            _say(f"round {turn + 1} of {number}, {kind.title}: {report.line(sample)}")
            samples[kind].append(sample)
    return samples


def _many(asked: argparse.Namespace, directory: Path, results: keeping.Results) -> keeping.Results:
    """In a cluster of its own, for ours watches all of it."""
    if not asked.many:
        return results

    async def run(plane: planes.Plane) -> settling.Mass:
        async with clients.Client(plane.kubeconfig) as client:
            await plane.furnish(client)
            stable = contestants.Stable(client, plane.directory)
            return await settling.settle(plane, client, stable, asked.many, shared=asked.shared)

    with planes.Plane(directory / "many") as plane:
        mass = asyncio.run(run(plane))
    _say(f"{mass.count} at once are Ready after {mass.seconds:.0f} s")
    return dataclasses.replace(results, masses=(mass,))


def _settled(asked: argparse.Namespace, directory: Path, results: keeping.Results) -> keeping.Results:
    if not asked.settled:
        return results

    async def run(plane: planes.Plane) -> settling.Restart:
        async with clients.Client(plane.kubeconfig) as client:
            await plane.furnish(client)
            stable = contestants.Stable(client, plane.directory)
            namespaces = await settling.plant(plane, client, asked.settled, _say)
            return await settling.restart(plane, stable, namespaces, asked.settled)

    with planes.Plane(directory / "settled", 0, jobs=False) as plane:
        restart = asyncio.run(run(plane))
    _say(f"restart with {restart.count} settled: {restart.seconds:.1f} s, wrote {report.written(restart)}")
    return dataclasses.replace(results, restarts=(restart,))


def _say(line: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - _BEGUN:6.0f} s] {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
