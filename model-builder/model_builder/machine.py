"""What this container may use."""

import math
import os
from pathlib import Path

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")


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
