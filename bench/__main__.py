"""`python -m bench`: measure, and write docs/benchmarks.md."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import clients, contestants, planes, report, rounds, settling

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """Run what is asked for; answers the exit code."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="modelsmith-bench-") as directory:
        results = _compared(asked, Path(directory) / "compared")
        masses, restarts = _many(asked, Path(directory))
    page = report.text(report.Results(results, masses, restarts))
    asked.output.write_text(page)
    _say(f"written to {asked.output}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="ModelDeployments of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=1000, help="ModelDeployments at once, ours alone; 0: none")
    parser.add_argument("--settled", type=int, default=5000, help="ModelDeployments of the restart; 0: none")
    parser.add_argument("--shared", action="store_true", help="those of the restart share a build in each namespace")
    parser.add_argument("--output", type=Path, default=PAGE)
    return parser.parse_args()


def _compared(asked: argparse.Namespace, directory: Path) -> report.Rounds:
    async def run(plane: planes.Plane) -> report.Rounds:
        async with clients.Client(plane.kubeconfig) as client:
            await plane.furnish(client)
            stable = contestants.Stable(client, directory)
            return await compare(plane, client, stable, asked.count, asked.rounds)

    with planes.Plane(directory) as plane:
        return asyncio.run(run(plane))


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
            _say(f"round {turn + 1} of {number}, {kind.title}: {sample.writes.total / count:.1f} writes a resource")
            samples[kind].append(sample)
    return samples


def _many(asked: argparse.Namespace, directory: Path) -> tuple[Sequence[settling.Mass], Sequence[settling.Restart]]:
    """Each in a cluster of its own, for ours watches all of it."""
    plans = [(asked.many, False, False), (asked.many, True, False), (asked.settled, asked.shared, True)]
    masses, restarts = [], []
    for number, (count, shared, again) in enumerate(plans):
        if count:
            with planes.Plane(directory / f"many-{number}") as plane:
                mass, restart = asyncio.run(_settled(plane, directory / f"many-{number}", count, (shared, again)))
            masses.append(mass)
            restarts += [restart] if restart else []
    return masses, restarts


async def _settled(
    plane: planes.Plane, directory: Path, count: int, how: tuple[bool, bool]
) -> tuple[settling.Mass, settling.Restart | None]:
    shared, again = how
    async with clients.Client(plane.kubeconfig) as client:
        await plane.furnish(client)
        stable = contestants.Stable(client, directory)
        mass, namespaces = await settling.settle(plane, client, stable, count, shared=shared, label="many")
        _say(f"{count} are Ready after {mass.seconds:.0f} s")
        return mass, await settling.restart(plane, stable, namespaces, count) if again else None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
