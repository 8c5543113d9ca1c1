"""docs/benchmarks.md: what was measured, on what machine, and whether it is what was promised."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import contestants, figures, keeping, planes, promising, rounds, settling, tables
from cluster import pins

Rounds = Mapping[contestants.Kind, Sequence[rounds.Sample]]


def text(results: keeping.Results) -> str:
    """The whole page."""
    compared = {kind: results.compared[kind.name] for kind in contestants.ALL if kind.name in results.compared}
    parts = [_TITLE, machine(), missing(results), promising.promises(compared, results)]
    if compared:
        parts += [promising.least(compared), tables.compared(compared), tables.told(compared)]
    parts += [tables.masses(results.masses), tables.restarts(results.restarts), what()]
    return "\n".join(filter(None, parts))


def missing(results: keeping.Results) -> str:
    """Which parts were not run, or are of something else by now."""
    parts = {
        "the contestants side by side (`--rounds 5`)": results.compared,
        "many at once (`--many 1000`)": results.masses,
        "the restart among settled ones (`--settled 5000`)": results.restarts,
    }
    absent = [part for part, found in parts.items() if not found]
    return f"**Not run for this page**: {'; '.join(absent)}.\n" if absent else ""


def machine() -> str:
    """What it ran on."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    memory = int(fields["MemTotal"].split()[0]) / 2**20
    models = {line.split(":", 1)[1].strip() for line in _cpus() if line.startswith("model name")}
    names = " and ".join(sorted(models)) or platform.machine()
    kernel = ".".join(platform.release().split(".")[:2])
    return (
        f"Machine: {os.cpu_count()} cores ({names}), {memory:.0f} GiB, Linux {kernel}, "
        f"Python {platform.python_version()}, Kubernetes {pins.KUBERNETES_VERSION}. The cluster's own parts and "
        "the one who creates run on the same cores.\n"
    )


def what() -> str:
    """What each of them does, and how it is measured: `what.md`."""
    return Path(__file__).with_name("what.md").read_text().replace("SECONDS", f"{planes.STEP_SECONDS:g}")


def line(sample: rounds.Sample) -> str:
    """One round, for who waits."""
    return (
        f"{figures.writes(sample):.1f} writes and {figures.milliseconds(sample):.0f} ms a resource, "
        f"{sample.writes.refused} refused, latency p99 {figures.latency(0.99)(sample):.0f} ms, "
        f"all after {sample.seconds:.0f} s"
    )


def written(one: settling.Restart) -> str:
    """Every kind of write of a restart."""
    kinds = [f"{kind} {number}" for kind, number in sorted(one.writes.kinds.items())]
    return ", ".join([*kinds, *([f"Events {one.writes.events}"] if one.writes.events else [])]) or "nothing"


def _cpus() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


_TITLE = """# Benchmarks

Written by `make bench`; not by hand. Nothing here is asserted in a test: a laden machine must not turn a test red.
"""
