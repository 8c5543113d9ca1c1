"""A small artifact, composed and ready to be served: scores = image @ weights."""

import contextlib
import socket
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from model_builder import arrays, contract, digests
from model_serving import compose, settings

#: Golden requests, as many as a build takes.
GOLDEN = 8
_FEATURES, _SCORES = 64, 10


def lay_out(folder: Path) -> settings.ServingSettings:
    """`artifact` and `repository` in a folder; how they are served."""
    artifact = folder / "artifact"
    (artifact / "files").mkdir(parents=True)
    source = np.random.default_rng(0)
    weights = source.normal(size=(_FEATURES, _SCORES)).astype(np.float32)
    images = source.normal(size=(GOLDEN, 1, _FEATURES)).astype(np.float32)
    (artifact / "files/model.onnx").write_bytes(model(weights))
    signature = contract.Signature(
        inputs=[contract.Tensor(name="image", dtype="float32", shape=[-1, _FEATURES])],
        outputs=[contract.Tensor(name="scores", dtype="float32", shape=[-1, _SCORES])],
        batchable=True,
    )
    (artifact / "signature.json").write_text(signature.model_dump_json())
    (artifact / "requires.json").write_text(contract.Requires(opset=17).model_dump_json())
    samples = {f"{contract.GOLDEN_INPUT}image": images, f"{contract.GOLDEN_OUTPUT}scores": images @ weights}
    arrays.save(artifact / "golden.npz", samples)
    serving = settings.ServingSettings(model_name="small", artifact=seal(artifact), threads=1)
    compose.write(artifact, folder / "repository", serving)
    return serving


def model(weights: arrays.Array) -> bytes:
    """The graph."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["image", "weights"], ["scores"])],
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", _FEATURES])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", _SCORES])],
        [helper.make_tensor("weights", TensorProto.FLOAT, list(weights.shape), weights.tobytes(), raw=True)],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


def seal(artifact: Path) -> contract.Digest:
    """Write the manifest; the artifact's digest."""
    files = {
        path.relative_to(artifact).as_posix(): digests.of_bytes(path.read_bytes())
        for path in artifact.rglob("*")
        if path.is_file()
    }
    manifest = digests.manifest(files)
    (artifact / digests.MANIFEST).write_bytes(manifest)
    return digests.of_bytes(manifest)


def ports(count: int) -> list[int]:
    """Free ones, held all at once so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
