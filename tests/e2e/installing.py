"""The product as a user installs it: its chart, into a namespace that enforces Pod Security `restricted`."""

import json
import subprocess
from pathlib import Path

import pytest

from cluster import layout, scraping
from e2e import diagnosis, kube, waiting

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "modelsmith"
RELEASE = "modelsmith"
NAMESPACE = kube.Namespace("modelsmith-system")
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
PATIENCE = 150
#: Namespaces of this run.
MADE: set[str] = set()


def images() -> dict[str, str]:
    """Room -> reference."""
    path = layout.images_file()
    if not path.exists():
        pytest.fail(f"{path} is not there: run `make e2e`, which builds the images.", pytrace=False)
    return json.loads(path.read_text())


def install(references: dict[str, str]) -> None:
    """`helm upgrade --install`, and wait for the operator."""
    restrict(NAMESPACE.name)
    helm("upgrade", "--install", RELEASE, str(CHART), "--wait", "--timeout", f"{PATIENCE}s", *values(references))


def change(**chosen: str) -> None:
    """`helm upgrade` with one value changed; wait for the new operator, and until the old one has gone."""
    words = [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]
    helm("upgrade", RELEASE, str(CHART), "--reuse-values", "--wait", "--timeout", f"{PATIENCE}s", *words)
    waiting.until("only new operators are there", lambda: not leaving(), PATIENCE, NAMESPACE)


def leaving() -> list[kube.Manifest]:
    """Operators that still end: one of them may lead."""
    return [pod for pod in NAMESPACE.list("pods") if "deletionTimestamp" in pod["metadata"]]


def values(references: dict[str, str]) -> list[str]:
    """Our images, the development server for Triton among them, and the Prometheus beside, in the chart's words."""
    chosen = {
        "images.operator": references["operator"],
        "images.builder": references["builder"],
        "images.serving": references["serving"],
        "images.triton": references["triton-dev"],
        "autoscaling.prometheusUrl": scraping.URL,
    }
    return [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]


def uninstall() -> None:
    """Leave nothing of ours but the CRDs, which the chart keeps: with one goes every resource of it."""
    helm("uninstall", RELEASE, "--wait", "--timeout", f"{PATIENCE}s")
    drop_namespace(NAMESPACE.name)


def drop_made() -> None:
    """The namespaces of this process, while there is an operator to let their resources go."""
    for name in MADE:
        drop_namespace(name)


def helm(*words: str) -> str:
    """Standard output of helm."""
    command = ["helm", "--namespace", NAMESPACE.name, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE + 60, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}:\n{done.stderr}\n{diagnosis.of(NAMESPACE)}", pytrace=False)
    return done.stdout


def fresh_namespace(name: str) -> kube.Namespace:
    """An empty one; what an earlier run left goes first."""
    drop_namespace(name)
    MADE.add(name)
    restrict(name)
    return kube.Namespace(name)


def restrict(name: str) -> None:
    """Make a namespace, unless it is there, and have Pod Security enforced in it."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))
    kube.kubectl("label", "namespace", name, RESTRICTED, "--overwrite")


def drop_namespace(name: str, *, wait: bool = True) -> None:
    """Delete it; servers that end in peace take half a minute, which need not be waited for at once."""
    words = ("--ignore-not-found", f"--wait={str(wait).lower()}", "--timeout=180s")
    kube.kubectl("delete", "namespace", name, *words, patience=200)
