"""Small artifacts, as the builder lays them out."""

import numpy as np
from onnx import TensorProto, helper

from model_builder import arrays, contract, digests
from model_serving import settings

WEIGHTS = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
IMAGE = contract.Tensor(name="image", dtype="float32", shape=[-1, 4])
SCORES = contract.Tensor(name="scores", dtype="float32", shape=[-1, 3])
LABEL = contract.Tensor(name="label", dtype="int64", shape=[-1])


def graph(batch="N"):
    """scores = image @ WEIGHTS, label = argmax(scores)."""
    nodes = [
        helper.make_node("MatMul", ["image", "weights"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 4])],
            [
                helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 3]),
                helper.make_tensor_value_info("label", TensorProto.INT64, [batch]),
            ],
            [helper.make_tensor("weights", TensorProto.FLOAT, [4, 3], WEIGHTS.tobytes(), raw=True)],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )


def fragile():
    """As `graph`, but scores = TABLE[image[:, 0]]: an index outside of the table is an error of the runtime."""
    nodes = [
        helper.make_node("Gather", ["image", "first"], ["column"], axis=1),
        helper.make_node("Cast", ["column"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["scores"], axis=0),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    made = graph()
    del made.graph.node[:], made.graph.initializer[:]
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(
        [
            helper.make_tensor("first", TensorProto.INT64, [], [0]),
            helper.make_tensor("table", TensorProto.FLOAT, [4, 3], WEIGHTS.tobytes(), raw=True),
        ]
    )
    return made.SerializeToString()


def right(image):
    """What the graph computes."""
    scores = image @ WEIGHTS
    return scores, scores.argmax(axis=1)


def golden(rows=4, samples=1):
    """Requests of one sample each, or of as many as the model takes, and their answers."""
    images = np.random.default_rng(0).normal(size=(rows, samples, 4)).astype(np.float32)
    answers = [right(image) for image in images]
    return {
        f"{contract.GOLDEN_INPUT}image": images,
        f"{contract.GOLDEN_OUTPUT}scores": np.stack([scores for scores, _ in answers]),
        f"{contract.GOLDEN_OUTPUT}label": np.stack([label for _, label in answers]),
    }


def make(folder, *, batch="N", samples=None, model=None):
    """An artifact with a manifest; returns its digest."""
    (folder / "files").mkdir(parents=True)
    (folder / "files/model.onnx").write_bytes(model or graph(batch).SerializeToString())
    tensors = [IMAGE, SCORES, LABEL]
    if batch != "N":
        tensors = [tensor.model_copy(update={"shape": [batch, *tensor.shape[1:]]}) for tensor in tensors]
    signature = contract.Signature(inputs=tensors[:1], outputs=tensors[1:], batchable=batch == "N")
    (folder / "signature.json").write_text(signature.model_dump_json())
    (folder / "requires.json").write_text(contract.Requires(opset=17).model_dump_json())
    arrays.save(folder / "golden.npz", golden(samples=1 if batch == "N" else batch) if samples is None else samples)
    return seal(folder)


def seal(folder):
    """Write the manifest; returns the artifact's digest."""
    files = {
        path.relative_to(folder).as_posix(): digests.of_bytes(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name != digests.MANIFEST
    }
    manifest = digests.manifest(files)
    (folder / digests.MANIFEST).write_bytes(manifest)
    return digests.of_bytes(manifest)


def serving(digest, *, instances=1, overlay=None, cache=None, tls=None, threads=None, **batching):
    """Settings for it."""
    return settings.ServingSettings(
        model_name="tiny",
        artifact=digest,
        batching=settings.Batching(**batching),
        instances=settings.Instances(count=instances),
        overlay=overlay,
        threads=threads,
        response_cache_bytes=cache,
        tls=tls,
    )
