import numpy as np
import pytest
from google.protobuf import text_format
from onnx import TensorProto, helper
from tritonclient.grpc import model_config_pb2

from model_builder import contract
from model_serving import artifacts, compose
from serving import artifacts_made, processes


def executed(server):
    """Samples that were executed since the model was loaded."""
    return server.ask("models/tiny/stats")[1]["model_stats"][0]["inference_count"]


def warmups(folder):
    config = text_format.Parse((folder / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    return {warmup.name: (warmup.batch_size, [*warmup.inputs["image"].dims]) for warmup in config.model_warmup}


def test_one_sample_and_the_largest_batch_are_executed_before_the_first_request(served, tmp_path):
    with served(max_batch_size=16) as server:
        assert server.ask("models/tiny/ready")[0] == 200
        assert executed(server) == 1 + 16
    assert warmups(tmp_path / "repository/tiny") == {"golden-1": (1, [4]), "golden-16": (16, [4])}


def test_each_instance_warms_up(served):
    with served(max_batch_size=2, instances=3) as server:
        assert executed(server) == 3 * (1 + 2)


def test_a_model_without_a_batch_axis_warms_up_whole(served, tmp_path):
    with served(batch=2) as server:
        assert executed(server) == 1
    assert warmups(tmp_path / "repository/tiny") == {"golden-1": (1, [2, 4])}


def test_an_empty_list_switches_it_off(served, tmp_path):
    with served(overlay={"model_warmup": []}) as server:
        assert executed(server) == 0
    assert not (tmp_path / "repository/tiny/warmup").exists()


def test_a_list_takes_its_place(served, tmp_path):
    mine = {
        "name": "mine",
        "batch_size": 3,
        "count": 2,
        "inputs": {"image": {"data_type": "TYPE_FP32", "dims": [4], "random_data": True}},
    }
    with served(overlay={"model_warmup": [mine]}) as server:
        assert executed(server) == 2 * 3
    assert warmups(tmp_path / "repository/tiny") == {"mine": (3, [4])}


def reversing():
    """scores = image, whatever its second axis is; label = its greatest."""
    made = artifacts_made.graph()
    del made.graph.node[:], made.graph.initializer[:]
    made.graph.node.extend(
        [
            helper.make_node("Identity", ["image"], ["scores"]),
            helper.make_node("ArgMax", ["image"], ["label"], axis=1, keepdims=0),
        ]
    )
    for value in (*made.graph.input, made.graph.output[0]):
        value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, ["N", "M"]))
    return made.SerializeToString()


def test_dynamic_axes_take_the_size_of_the_sample(triton_python, tmp_path):
    images = np.random.default_rng(0).normal(size=(2, 1, 7)).astype(np.float32)
    samples = {
        f"{contract.GOLDEN_INPUT}image": images,
        f"{contract.GOLDEN_OUTPUT}scores": images,
        f"{contract.GOLDEN_OUTPUT}label": images.argmax(axis=2),
    }
    tensors = [
        tensor.model_copy(update={"shape": [-1, -1] if tensor.name != "label" else [-1]})
        for tensor in (artifacts_made.IMAGE, artifacts_made.SCORES, artifacts_made.LABEL)
    ]
    artifacts_made.make(tmp_path / "artifact", samples=samples, model=reversing())
    signature = contract.Signature(inputs=tensors[:1], outputs=tensors[1:], batchable=True)
    (tmp_path / "artifact/signature.json").write_text(signature.model_dump_json())
    serving = artifacts_made.serving(artifacts_made.seal(tmp_path / "artifact"), max_batch_size=4)
    compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
    assert warmups(tmp_path / "repository/tiny") == {"golden-1": (1, [7]), "golden-4": (4, [7])}
    with processes.triton(triton_python, tmp_path / "repository", tmp_path / "scratch", serving) as server:
        assert executed(server) == 1 + 4
        assert server.infer(np.ones((1, 3), np.float32))[0] == 200


def test_one_value_a_sample_has_the_dims_that_triton_wants(tmp_path):
    images = np.arange(3, dtype=np.float32).reshape(3, 1)
    image = artifacts_made.IMAGE.model_copy(update={"shape": [-1]})
    artifacts_made.make(tmp_path / "artifact", samples={f"{contract.GOLDEN_INPUT}image": images})
    signature = contract.Signature(inputs=[image], outputs=[artifacts_made.LABEL], batchable=True)
    (tmp_path / "artifact/signature.json").write_text(signature.model_dump_json())
    serving = artifacts_made.serving(artifacts_made.seal(tmp_path / "artifact"), max_batch_size=1)
    model = compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
    assert warmups(model) == {"golden-1": (1, [1])}
    assert (model / "warmup/image").read_bytes() == np.float32(0).tobytes()


def test_an_artifact_without_golden_samples_has_no_warmup(tmp_path):
    artifacts_made.make(tmp_path / "artifact")
    (tmp_path / "artifact/golden.npz").unlink()
    serving = artifacts_made.serving(artifacts_made.seal(tmp_path / "artifact"))
    model = compose.write(tmp_path / "artifact", tmp_path / "repository", serving)
    assert warmups(model) == {}
    assert not (model / "warmup").exists()


def test_golden_samples_that_miss_an_input_are_told(tmp_path):
    artifacts_made.make(tmp_path / "artifact", samples={"else": np.zeros(1)})
    serving = artifacts_made.serving(artifacts_made.seal(tmp_path / "artifact"))
    with pytest.raises(artifacts.ArtifactError, match=r"golden samples cannot be read: .*input\.image"):
        compose.write(tmp_path / "artifact", tmp_path / "repository", serving)


def test_the_files_of_an_earlier_composition_go(tmp_path):
    digest = artifacts_made.make(tmp_path / "artifact")
    model = compose.write(tmp_path / "artifact", tmp_path / "repository", artifacts_made.serving(digest))
    assert (model / "warmup/image").exists()
    without = artifacts_made.serving(digest, overlay={"model_warmup": []})
    compose.write(tmp_path / "artifact", tmp_path / "repository", without)
    assert not (model / "warmup").exists()
