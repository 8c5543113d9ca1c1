"""Ways to make the real cluster fail, and what must then be told."""

import contextlib
from collections.abc import Callable, Iterator

from cluster import certificates
from e2e import kube, manifests, smallmodels, stocking, waiting

MEMORY = b"""
import torch


def build():
    ballast = b"x" * (3 << 29)
    return torch.nn.Linear(4, 3)
"""
TIME = b"""
import time

import torch


def build():
    time.sleep(45)
    return torch.nn.Linear(4, 3)
"""
#: The kubelet looks at what volumes hold once a minute, and looks at limits every ten seconds.
DISK = b"""
import pathlib
import time

import torch


def build():
    pathlib.Path("/tmp/ballast").write_bytes(bytes(32 << 20))
    time.sleep(100)
    return torch.nn.Linear(4, 3)
"""
#: Makes the one artifact of a claim anew, with golden answers that no server gives, and has its plan lead to it.
FORGE = """
import hashlib, pathlib, shutil
import numpy as np

store = pathlib.Path("/to")
[plan] = (store / "plans").iterdir()
forged = store / "artifacts" / "forged"
shutil.copytree(store / "artifacts" / plan.read_text().strip().removeprefix("sha256:"), forged)
golden, manifest = forged / "golden.npz", forged / "manifest.sha256"
with np.load(golden) as archive:
    arrays = {name: value + 100 if name.startswith("output.") else value for name, value in archive.items()}
golden.unlink()
np.savez(golden, **arrays)
manifest.unlink()
files = sorted(path for path in forged.rglob("*") if path.is_file())
lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(forged).as_posix()}\\n" for path in files]
manifest.write_text("".join(sorted(lines, key=lambda line: line.split("  ", 1)[1])))
digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
forged.rename(store / "artifacts" / digest)
plan.unlink()
plan.write_text(f"sha256:{digest}\\n")
"""
#: Kills the stub, which runs the model: the process whose program is called so.
KILL = """
import os, pathlib, signal
for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit():
        program = (entry / "cmdline").read_bytes().partition(bytes(1))[0]
        if program.endswith(b"triton_python_backend_stub"):
            os.kill(int(entry.name), signal.SIGKILL)
            print(entry.name)
"""
#: The next build finds nothing.
FORGET = """
import pathlib
for plan in pathlib.Path("/to/plans").iterdir():
    plan.unlink()
"""


def files(code: bytes, mark: float = 1) -> dict[str, bytes]:
    """The small model, with a factory of its own."""
    return {**smallmodels.files(mark), "small.py": code}


def told(
    namespace: kube.Namespace,
    name: str,
    reason: str,
    *words: str,
    seconds: float = 240,
    meanwhile: Callable[[], object] = lambda: None,
) -> dict[str, kube.Manifest]:
    """Type -> condition, once Ready says this reason and these words, and an Event warns of it.

    `meanwhile` is done before each look, for causes that last as long as somebody goes on.
    """

    def probe() -> dict[str, kube.Manifest] | None:
        meanwhile()
        found = waiting.current(namespace.get("mdep", name))
        ready = found.get("Ready", {})
        fits = ready.get("reason") == reason and all(word in ready["message"] for word in words)
        return found if fits else None

    said = waiting.until(f"{name} says {reason}: {', '.join(words)}", probe, seconds, namespace)
    waiting.until(f"an Event warns of {reason}", lambda: warnings(namespace, name, reason), 30, namespace)
    return said


def warnings(namespace: kube.Namespace, name: str, reason: str) -> list[str]:
    """Messages of the warnings about a ModelDeployment."""
    return [
        event["message"]
        for event in namespace.list("events")
        if (event["involvedObject"]["name"], event["reason"], event["type"]) == (name, reason, "Warning")
    ]


def jobs_of(namespace: kube.Namespace, name: str) -> list[kube.Manifest]:
    """The Jobs of the build that a ModelDeployment asks for."""
    build = namespace.get("mdep", name)["status"]["build"]["name"]
    return namespace.list("jobs", f"modelsmith.dev/build={build}")


def superseded(namespace: kube.Namespace, name: str, before: list[kube.Manifest]) -> None:
    """Until there is one Job, it is another, and no pod of the former is left."""
    old = {job["metadata"]["name"] for job in before}

    def probe() -> bool:
        names = {job["metadata"]["name"] for job in jobs_of(namespace, name)}
        return len(names) == 1 and not names & old

    waiting.until(f"another Job of {name}, and only that", probe, 60, namespace)
    selector = f"batch.kubernetes.io/job-name in ({','.join(old)})"
    waiting.until("no pods of the former", lambda: not namespace.list("pods", selector), 90, namespace)


def on_claim(namespace: kube.Namespace, claim: str, script: str, image: str) -> None:
    """Run a script of Python with a claim at /to, as the user whose the files are."""
    pod = stocking.pod(claim, image)
    pod["metadata"]["name"] = "hand"
    pod["spec"]["volumes"] = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "to"]
    [container] = pod["spec"]["containers"]
    container["command"] = ["python3", "-c", script]
    container["volumeMounts"] = [{"name": "to", "mountPath": "/to"}]
    namespace.delete("pod", "hand")
    namespace.apply(pod)
    done = ("--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s")
    namespace.kubectl("wait", "pod/hand", *done, patience=130)
    namespace.delete("pod", "hand")


@contextlib.contextmanager
def nodes_closed() -> Iterator[None]:
    """No node takes another pod meanwhile."""
    kube.kubectl("cordon", certificates.NODE)
    try:
        yield
    finally:
        kube.kubectl("uncordon", certificates.NODE)


def model(name: str, **parts: kube.Manifest) -> kube.Manifest:
    """A ModelDeployment of the ConfigMap of its own name; nothing of it needs to serve."""
    return manifests.model_deployment(name, manifests.from_config_map(name), **parts)
