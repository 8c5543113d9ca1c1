"""The audit policy: who wrote what, without the noise.

Reads are left out, and the heartbeats of Kubernetes' own parts. Whatever else
is written is recorded with its metadata, so a test can count the writes of one
user.
"""

from __future__ import annotations

import json
from pathlib import Path

_POLICY = {
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


def write_policy(path: Path) -> Path:
    """Write the policy for the API server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_POLICY, indent=2))
    return path
