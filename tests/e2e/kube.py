"""The cluster as a user sees it: through kubectl, with JSON where a test wants to look closer.

KUBECONFIG and PATH are set once by the fixture `cluster`.
"""

import dataclasses
import json
import subprocess
from typing import Any

Manifest = dict[str, Any]
#: Longer than any call may take; a wait says its own timeout to kubectl and gets more here.
PATIENCE = 60


class KubectlError(Exception):
    """kubectl ended with a status other than 0; the message is what it said."""


def kubectl(*words: str, stdin: str = "", patience: float = PATIENCE) -> str:
    """Standard output of kubectl."""
    done = subprocess.run(
        ["kubectl", *words], input=stdin, capture_output=True, text=True, timeout=patience, check=False
    )
    if done.returncode:
        raise KubectlError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def read(*words: str) -> Manifest:
    """What `kubectl get` shows, parsed."""
    return json.loads(kubectl("get", "-o", "json", *words))


@dataclasses.dataclass(frozen=True)
class Namespace:
    """One namespace, and what tests do in it."""

    name: str

    def kubectl(self, *words: str, stdin: str = "", patience: float = PATIENCE) -> str:
        """Standard output of kubectl in this namespace."""
        return kubectl("-n", self.name, *words, stdin=stdin, patience=patience)

    def apply(self, *manifests: Manifest) -> str:
        """`kubectl apply --server-side`: a ConfigMap may be larger than what the client-side annotation holds."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        words = ("apply", "--server-side", "--force-conflicts", "-f", "-")
        return self.kubectl(*words, stdin=json.dumps(items))

    def find(self, kind: str, name: str) -> Manifest | None:
        """One object, or None when there is none."""
        shown = self.kubectl("get", kind, name, "-o", "json", "--ignore-not-found")
        return json.loads(shown) if shown.strip() else None

    def get(self, kind: str, name: str) -> Manifest:
        """One object that must be there."""
        return read("-n", self.name, kind, name)

    def list(self, kind: str, selector: str = "") -> list[Manifest]:
        """All of a kind, or those with these labels."""
        return read("-n", self.name, kind, "-l", selector)["items"]

    def delete(self, kind: str, *names: str, wait: bool = True) -> None:
        """Delete by name."""
        self.kubectl("delete", kind, *names, "--ignore-not-found", f"--wait={str(wait).lower()}", patience=180)

    def annotate(self, kind: str, name: str, key: str, value: str) -> None:
        """Set one annotation."""
        self.kubectl("annotate", kind, name, f"{key}={value}", "--overwrite")

    def patch(self, kind: str, name: str, change: Manifest) -> None:
        """Merge a change into an object, as an edit does."""
        self.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps(change))
