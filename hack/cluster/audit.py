"""The audit policy: who wrote what, without the noise.

Reads are left out, and the heartbeats of Kubernetes' own parts. Whatever else
is written is recorded with its metadata, so a test can count the writes of one
user.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {
            "level": "None",
            "userGroups": ["system:nodes"],
            "resources": [
                {"group": "coordination.k8s.io", "resources": ["leases"]},
                {"group": "", "resources": ["nodes/status", "events"]},
            ],
        },
        {
            "level": "None",
            "users": ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"],
            "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
        },
        {"level": "None", "resources": [{"group": "authentication.k8s.io"}, {"group": "authorization.k8s.io"}]},
        {"level": "Metadata"},
    ],
}


def write_policy(path: Path, reads_of: str = "") -> Path:
    """Write the policy for the API server. What this group of users reads is recorded, too."""
    read = [{"level": "Metadata", "verbs": ["get", "list", "watch"], "userGroups": [reads_of]}] if reads_of else []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**_POLICY, "rules": [*read, *_POLICY["rules"]]}, indent=2))
    return path
