"""The example with a sample of its requests, and clients that send what was evaluated, or something else."""

import io

import numpy as np
import yaml
from tritonclient import http

from e2e import digitsmodel, kube, manifests, predicting, waiting

SAMPLE_EVERY = 2
#: Rows of a request, and seconds until Healthy has heard of what was asked: a round of the operator takes a minute.
ROWS, PATIENCE = 30, 180
Pictures = np.ndarray


def serve(namespace: kube.Namespace) -> str:
    """The name of the example, once it is Ready."""
    manifest = yaml.safe_load(digitsmodel.MANIFEST.read_text())
    manifest["spec"]["serving"] |= {"drift": {"sampleEvery": SAMPLE_EVERY}, "resources": manifests.SMALL}
    source = manifest["spec"]["model"]["source"]["configMap"]["name"]
    namespace.apply(manifests.config_map(source, digitsmodel.files()), manifest)
    name = manifest["metadata"]["name"]
    waiting.ready(namespace, name)
    return name


def evaluated() -> Pictures:
    """The evaluation set that the build counted answers to, (n, 1, 8, 8)."""
    with np.load(io.BytesIO(digitsmodel.files()["test.npz"])) as archive:
        return archive["image"]


def inverted() -> Pictures:
    """The same, as clients send it that take white for black."""
    pictures = evaluated()
    return (pictures.max() - pictures).astype(pictures.dtype)


def ask(namespace: kube.Namespace, name: str, pictures: Pictures) -> None:
    """All of them, some at a time."""
    client = http.InferenceServerClient(predicting.address(namespace, name))
    for begin in range(0, len(pictures), ROWS):
        rows = pictures[begin : begin + ROWS]
        asked = http.InferInput("image", rows.shape, "FP32")
        asked.set_data_from_numpy(rows)
        client.infer(name, [asked])
    client.close()
