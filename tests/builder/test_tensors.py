"""A digest of the weights alone."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder import graphs_made
from model_builder import arrays
from model_builder.optimizing import tensors

FIRST, SECOND = (np.random.default_rng(seed).standard_normal((16, 16), dtype=np.float32) for seed in (1, 2))


def graph(path: Path, constants: dict[str, arrays.Array], **how: object) -> Path:
    """A graph that holds these constants."""
    initializers = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    value = onnx.helper.make_tensor_value_info
    made = onnx.helper.make_graph([node], path.name, [value("x", 1, [1])], [value("y", 1, [1])], initializers)
    onnx.save(onnx.helper.make_model(made), path, **how)
    return path


def test_the_order_and_the_name_of_the_graph_do_not_count(tmp_path: Path) -> None:
    one = graph(tmp_path / "one.onnx", {"a": FIRST, "b": SECOND})
    two = graph(tmp_path / "two.onnx", {"b": SECOND, "a": FIRST})
    assert tensors.digest(one) == tensors.digest(two)


def test_where_the_bytes_lie_does_not_count(tmp_path: Path) -> None:
    one = graph(tmp_path / "one.onnx", {"a": FIRST})
    two = graph(
        tmp_path / "two.onnx", {"a": FIRST}, save_as_external_data=True, location="two.onnx.data", size_threshold=0
    )
    assert (tmp_path / "two.onnx.data").exists()
    assert tensors.digest(one) == tensors.digest(two)


@pytest.mark.parametrize(
    "other",
    [
        {"a": np.nextafter(FIRST, np.inf, dtype=np.float32)},
        {"a": FIRST.reshape(4, 64)},
        {"a": FIRST.view(np.int32)},
        {"b": FIRST},
        {"a": FIRST, "b": SECOND},
    ],
)
def test_bytes_shape_type_and_name_count(tmp_path: Path, other: dict[str, arrays.Array]) -> None:
    one, two = graph(tmp_path / "one.onnx", {"a": FIRST}), graph(tmp_path / "two.onnx", other)
    assert tensors.digest(one) != tensors.digest(two)


def test_a_changed_byte_of_external_data_counts(tmp_path: Path) -> None:
    made = graph(
        tmp_path / "a.onnx", {"a": FIRST}, save_as_external_data=True, location="a.onnx.data", size_threshold=0
    )
    before = tensors.digest(made)
    content = bytearray((tmp_path / "a.onnx.data").read_bytes())
    content[5] ^= 1
    (tmp_path / "a.onnx.data").write_bytes(content)
    assert tensors.digest(made) != before


def test_the_digest_is_one_of_the_contract(tmp_path: Path) -> None:
    made = tensors.digest(graphs_made.classifier(tmp_path / "c.onnx"))
    assert made.startswith("sha256:")
    assert len(made) == 71
