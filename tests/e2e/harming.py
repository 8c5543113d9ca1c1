"""What goes wrong with models that serve, each of a kind that an alert is for, and how it is mended.

down       no node takes its only server                          kept      its new code fails in the build
gated      no candidate keeps its accuracy                        tuned     its new revision does not load
mortal     all three servers die at once                          drifting  its file is changed on the volume,
sealed     its certificate ends in three days                               and it is scaled by what nobody measures
ending     its certificate ends today                             crowded   more ask than its one server takes
"""

import pathlib
import subprocess
import tempfile

from e2e import chaos, failing, kube, manifests, smallmodels, waiting
from model_operator import names

SOURCE = manifests.from_config_map("small")
ONLY_INT8 = {**smallmodels.QUANTIZED, "candidates": ["int8Static"]}
#: 8 bits do not hold the features that count: see smallmodels.files_to_quantize.
RUINOUS = 1000.0
#: The API server takes it, compose takes it, and the model's backend reads no number in it.
ODD = {"intra_op_thread_count": {"string_value": "nobody-knows"}}
#: Every third of a second a batch is computed, and no more than eight requests wait for it.
NARROW = {
    "batching": {"maxBatchSize": 64, "maxQueueDelayMicroseconds": 300_000},
    "modelConfig": {"dynamic_batching": {"default_queue_policy": {"max_queue_size": 8}}},
    "autoscaling": {"maxReplicas": 1, "pendingRequests": {"target": 2}},
}
#: The old server goes before the new one finds no node. Another image would be asked for in a build first.
NOWHERE = {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}, "rollout": {"strategy": "recreate"}}
UNMEASURED = {"maxReplicas": 1, "metrics": [{"name": "nobody_measures_this", "target": "1"}]}
DAYS = {"sealed": 3, "ending": 1}
#: The bias of the model that drifts, before and after: its answer to zero.
RIGHT, WRONG = 5.0, 7.0
#: A model's file is changed in place, as a bad disk does, or somebody's hand.
TAMPER = """
import pathlib, struct
before, after = (struct.pack("<3f", mark, 0, 0) for mark in ({before}, {after}))
found = [file for file in pathlib.Path("/to/artifacts").glob("*/files/*") if before in file.read_bytes()]
assert found
for file in found:
    content = file.read_bytes().replace(before, after)
    file.unlink()
    file.write_bytes(content)
"""
SERVED = ("down", "kept", "tuned", "mortal", "drifting", "sealed", "ending", "crowded")


def serve(namespace: kube.Namespace) -> None:
    """All of them, as they are well."""
    for name, days in DAYS.items():
        certify(namespace, name, days)
    namespace.apply(
        manifests.config_map("small", smallmodels.files(1)),
        manifests.config_map("drifting", smallmodels.files(RIGHT)),
        manifests.config_map("broken", failing.files(b"def build():\n    raise RuntimeError('out of luck')\n")),
        manifests.config_map("unquantizable", smallmodels.files_to_quantize(RUINOUS)),
        *(manifests.model_deployment(name, SOURCE) for name in ("down", "kept", "tuned")),
        *(manifests.model_deployment(name, SOURCE, serving={"tls": {"secretName": name}}) for name in DAYS),
        manifests.model_deployment("mortal", SOURCE, serving={"replicas": 3}),
        manifests.model_deployment("drifting", manifests.from_config_map("drifting")),
        manifests.model_deployment("crowded", SOURCE, serving=NARROW),
    )
    for name in SERVED:
        waiting.ready(namespace, name, seconds=400)


def harm(namespace: kube.Namespace, images: dict[str, str]) -> None:
    """All that is done at once; the crowd comes by itself."""
    _change(namespace, "down", "serving", NOWHERE)
    _change(namespace, "kept", "model", {"source": manifests.from_config_map("broken")})
    _change(namespace, "tuned", "serving", {"modelConfig": {"parameters": ODD}})
    _change(namespace, "drifting", "serving", {"autoscaling": UNMEASURED})
    namespace.apply(_gated(ONLY_INT8))
    tamper(namespace, RIGHT, WRONG, images)
    kill_backends(namespace, "mortal")


def mend(namespace: kube.Namespace, images: dict[str, str]) -> None:
    """Everything, as its runbook has it."""
    _change(namespace, "down", "serving", {"nodeSelector": None, "rollout": None})
    _change(namespace, "kept", "model", {"source": SOURCE})
    _change(namespace, "tuned", "serving", {"modelConfig": None})
    _change(namespace, "drifting", "serving", {"autoscaling": None})
    namespace.apply(_gated(smallmodels.QUANTIZED))
    tamper(namespace, WRONG, RIGHT, images)
    for name in DAYS:
        certify(namespace, name, days=60)
        namespace.kubectl("rollout", "restart", f"deployment/{name}")


def tamper(namespace: kube.Namespace, before: float, after: float, images: dict[str, str]) -> None:
    """Change the model that drifts on its volume, and have its server read it anew."""
    script = TAMPER.format(before=before, after=after)
    failing.on_claim(namespace, names.ARTIFACT_CLAIM, script, images["serving"])
    for pod in pods(namespace, "drifting"):
        namespace.kubectl("exec", pod, "-c", names.TRITON, "--", "python3", "-c", chaos.END)


def kill_backends(namespace: kube.Namespace, name: str) -> None:
    """What computes, in every server."""
    for pod in pods(namespace, name):
        namespace.kubectl("exec", pod, "-c", names.TRITON, "--", "python3", "-c", failing.KILL)


def certify(namespace: kube.Namespace, name: str, days: int) -> None:
    """A Secret with a certificate that ends in so many days."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = (pathlib.Path(folder) / part for part in ("tls.crt", "tls.key"))
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", f"/CN={name}"]
        subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
        data = {path.name: path.read_text() for path in (certificate, key)}
    metadata = {"name": name}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata}
    namespace.apply({**secret, "stringData": data})


def pods(namespace: kube.Namespace, name: str) -> list[str]:
    """Servers of a model."""
    return [pod["metadata"]["name"] for pod in namespace.list("pods", f"{names.DEPLOYMENT_LABEL}={name}")]


def _gated(build: kube.Manifest) -> kube.Manifest:
    source = manifests.from_config_map("unquantizable")
    return manifests.model_deployment("gated", source, build=build, serving={"replicas": 0})


def _change(namespace: kube.Namespace, name: str, part: str, fields: kube.Manifest) -> None:
    namespace.patch("mdep", name, {"spec": {part: fields}})
