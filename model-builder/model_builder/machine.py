"""What this container may use."""

import math
import os
from pathlib import Path

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
CPU_INFO = Path("/proc/cpuinfo")
#: Instruction sets that decide how int8 is computed, in Linux's own words.
FEATURES = ("avx2", "avx512_vnni", "avx_vnni", "amx_int8")
#: contract.Cpu -> features of which one is enough.
ENOUGH = {"portable": None, "vnni": {"avx512_vnni", "avx_vnni"}, "amx": {"amx_int8"}}


def threads(limit: Path = CPU_LIMIT) -> int:
    """Threads worth starting: the container's CPU limit rounded up, at most the CPUs it may run on.

    Left to themselves, torch and ONNX Runtime count the node's cores and then wait for each other.
    """
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = limit.read_text().split()
        return min(allowed, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return allowed


def features(source: Path | None = None) -> list[str]:
    """Those of FEATURES that this CPU has; none where nothing is known."""
    found = described("flags", source).split()
    return [name for name in FEATURES if name in found]


def isa(source: Path | None = None) -> frozenset[str]:
    """The members of contract.Cpu that this machine is one of: always portable."""
    have = set(features(source))
    return frozenset(name for name, enough in ENOUGH.items() if enough is None or have & enough)


def cpu(source: Path | None = None) -> str:
    """The CPU for a person, with its features: `AMD EPYC (avx2, avx512_vnni)`."""
    return f"{described('model name', source) or 'unknown CPU'} ({', '.join(features(source)) or 'no AVX2'})"


def described(key: str, source: Path | None) -> str:
    """What is said of the first CPU under a key; empty where the file or the key is absent."""
    try:
        lines = (source or CPU_INFO).read_text().splitlines()
    except OSError:
        return ""
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in pairs if name.strip() == key), "")
