"""Harm done to a running cluster, by a seed: to pods, to containers in them, to the operator, to Kubernetes itself.

Whatever is done is undone within seconds, as an init system or an operator of the cluster would: processes that were
killed are started again, those that were paused go on.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cluster import starting
from e2e import kube, manifests
from model_operator import names

HACK = Path(__file__).resolve().parents[2] / "hack/cluster"
KUBELET, API_SERVER = "kubelet", "kube-apiserver"
#: Seconds for which a process is stopped.
PAUSES = (3, 12)
#: Ends the first process of a container. Python is in every image of ours; a TERM alone may be ignored by the first.
END = "import os, signal; os.kill(1, signal.SIGTERM)"


class Chaos:
    """One seed's worth of harm to the models of a namespace."""

    def __init__(self, seed: int, namespace: kube.Namespace, operator: kube.Namespace, models: list[str]) -> None:
        """Models are named by their ModelDeployments."""
        self.random = random.Random(seed)  # noqa: S311 - a plan that can be repeated
        self.namespace, self.operator, self.models = namespace, operator, models
        self.done: list[str] = []

    def strike(self) -> str:
        """Do one thing; what it was."""
        weighed: list[tuple[Callable[[], str], int]] = [
            (self.delete_a_server, 4),
            (self.end_a_container, 4),
            (self.delete_an_operator, 2),
            (self.change_a_model, 4),
            (self.scale_a_model, 2),
            (lambda: self.pause(KUBELET), 1),
            (lambda: self.kill(KUBELET), 1),
            (lambda: self.pause(API_SERVER), 1),
            (lambda: self.kill(API_SERVER), 1),
        ]
        [chosen] = self.random.choices([act for act, _ in weighed], [weight for _, weight in weighed])
        try:
            what = chosen()
        except kube.KubectlError as error:  # a pod that has just gone, an API server that is not back yet
            what = f"nothing: {str(error)[-120:]}"
        self.done.append(what)
        return what

    def delete_a_server(self) -> str:
        """Without any patience."""
        pod = self._pod(self.namespace, names.DEPLOYMENT_LABEL)
        self.namespace.kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false")
        return f"deleted {pod}"

    def end_a_container(self) -> str:
        """Of a server: Triton, or its sentinel."""
        pod = self._pod(self.namespace, names.DEPLOYMENT_LABEL)
        container = self.random.choice([names.TRITON, names.SENTINEL])
        self.namespace.kubectl("exec", pod, "-c", container, "--", "python3", "-c", END)
        return f"ended {container} of {pod}"

    def delete_an_operator(self) -> str:
        """One of the replicas."""
        pod = self._pod(self.operator, "app.kubernetes.io/name=modelsmith-operator")
        self.operator.kubectl("delete", "pod", pod, "--force", "--grace-period=0", "--wait=false")
        return f"deleted {pod}"

    def change_a_model(self) -> str:
        """To the other mark, or back."""
        name = self.random.choice(self.models)
        mark = 3 - self.asked(name)
        source = manifests.from_config_map(f"small-{mark}")
        self.namespace.patch("mdep", name, {"spec": {"model": {"source": source}}})
        return f"changed {name} to {mark}"

    def scale_a_model(self) -> str:
        """Between one and three servers."""
        name, count = self.random.choice(self.models), self.random.randint(1, 3)
        self.namespace.kubectl("scale", f"mdep/{name}", f"--replicas={count}")
        return f"scaled {name} to {count}"

    def asked(self, name: str) -> int:
        """The mark that a model shall have, as it is written: a change may be made whose answer was lost."""
        source = self.namespace.get("mdep", name)["spec"]["model"]["source"]["configMap"]["name"]
        return int(source.rpartition("-")[2])

    def pause(self, program: str) -> str:
        """Stop a process of the cluster, and have it go on."""
        seconds = self.random.randint(*PAUSES)
        with stopped(program):
            time.sleep(seconds)
        return f"paused {program} for {seconds} s"

    def kill(self, program: str) -> str:
        """Without a word; then somebody starts what is missing."""
        os.kill(_pid(program), signal.SIGKILL)
        time.sleep(self.random.randint(*PAUSES))
        subprocess.run([sys.executable, str(HACK), "up"], check=True, capture_output=True, timeout=300)
        return f"killed {program}"

    def _pod(self, namespace: kube.Namespace, selector: str) -> str:
        found = [pod["metadata"]["name"] for pod in namespace.list("pods", selector)]
        if not found:
            raise kube.KubectlError("there is no pod")
        return self.random.choice(sorted(found))


@contextlib.contextmanager
def stopped(program: str) -> Iterator[None]:
    """A process of the cluster does nothing for a while."""
    pid = _pid(program)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _pid(program: str) -> int:
    record = starting.keeper().find(program)
    if record is None or not record.alive:
        raise kube.KubectlError(f"{program} does not run")
    return record.pid
