"""Asks the served model about a digit that it was not trained on, as a client does."""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator

from demo import clusters, errors, programs

HTTP_PORT = 8000
#: What `modelsmith predict` says where the sample's file knows the truth.
VERDICT = re.compile(r"top class: (\d+), and the true label is (\d+)")
#: Of `kubectl port-forward`, which chooses a free port.
FORWARDING = re.compile(r"Forwarding from (127\.0\.0\.1:\d+)")
ROOMS = "operator:model-builder:serving:cli"


def predict(cluster: clusters.Cluster, python: str, namespace: str, name: str, sample: str) -> None:
    """Show picture, scores and label. Raises DemoError unless the answer is the right digit."""
    with reached(cluster, namespace, name) as address:
        programs.say(f"modelsmith predict --url {address} --model {name} --input image={sample} --picture")
        said = programs.show(
            python,
            "-m",
            "modelsmith",
            "predict",
            "--url",
            address,
            "--model",
            name,
            "--input",
            f"image={sample}",
            "--picture",
            environment={"PYTHONPATH": ROOMS},
            next_step=f"kubectl -n {namespace} get pods -l modelsmith.dev/deployment={name}",
        )
    verdict = VERDICT.search(said)
    if not verdict or verdict[1] != verdict[2]:
        raise errors.DemoError(
            "The served model does not say what the trained model said.",
            f"Compare the artifact: kubectl -n {namespace} describe mbuild",
        )


@contextlib.contextmanager
def reached(cluster: clusters.Cluster, namespace: str, name: str) -> Iterator[str]:
    """host:port of the Service: its cluster IP on the embedded cluster's own machine, else a port forwarded."""
    service = json.loads(cluster.kubectl("-n", namespace, "get", "service", name, "-o", "json"))
    if cluster.embedded:
        yield f"{service['spec']['clusterIP']}:{HTTP_PORT}"
        return
    command = ["kubectl", "-n", namespace, "port-forward", f"service/{name}", f":{HTTP_PORT}"]
    environment = {**os.environ, **cluster.environment}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as forwarding:
        try:
            yield _forwarded(forwarding)
        finally:
            forwarding.terminate()


def _forwarded(forwarding: "subprocess.Popen[str]") -> str:
    """The local address that kubectl chose."""
    line = forwarding.stdout.readline() if forwarding.stdout else ""
    found = FORWARDING.search(line)
    if not found:
        raise errors.DemoError("`kubectl port-forward` did not forward a port.", "Look at its words above.")
    return found[1]
