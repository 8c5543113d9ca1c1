"""A loop beside the cluster that does what a cloud's own parts would do.

It provisions volumes (volumes.py) and keeps the pretended GPUs on the node: the
kubelet sets resources that it does not know to zero when it starts.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cluster import api, certificates, errors, layout, volumes

GPU = "nvidia.com/gpu"
GPUS = "2"
_INTERVAL = 0.5
_NODE = f"/api/v1/nodes/{certificates.NODE}"


def loop(ready: Path) -> None:
    """Do the rounds until killed; touch the file after the first that succeeds."""
    client = api.Client(layout.site(), "caretaker")
    said = ""
    while True:
        try:
            round_once(client)
            ready.touch()
            said = ""
        except errors.ApiError as failure:
            # The API server restarts, or somebody was quicker: next round.
            said = _say_once(said, str(failure))
        time.sleep(_INTERVAL)


def round_once(client: api.Client) -> None:
    """Do one round."""
    volumes.reconcile(client, layout.volumes())
    operations = gpu_patch(client.get(_NODE))
    if operations:
        client.patch_json(f"{_NODE}/status", operations)


def gpu_patch(node: api.Json) -> list[api.Json]:
    """Return the JSON patch that gives a node its pretended GPUs."""
    status = node.get("status", {})
    escaped = GPU.replace("/", "~1")
    return [
        {"op": "add", "path": f"/status/{part}/{escaped}", "value": GPUS}
        for part in ("capacity", "allocatable")
        if part in status and status[part].get(GPU) != GPUS
    ]


def _say_once(before: str, message: str) -> str:
    if message != before:
        print(message, file=sys.stderr, flush=True)
    return message
