"""What an ONNX file says about itself, read without its weights."""

from collections import Counter
from pathlib import Path

import onnx

from model_builder import contract, errors

#: Name of the batch axis in every graph that convert leaves.
BATCH = "batch"


def read(path: Path) -> onnx.ModelProto:
    """The graph; weights that lie in another file are not read."""
    return onnx.load(path, load_external_data=False)


def files(path: Path) -> list[Path]:
    """The graph's file, and that of its weights where there is one."""
    return sorted(path.parent.glob(f"{path.name}*"))


def size(path: Path) -> int:
    """Bytes of the model files."""
    return sum(file.stat().st_size for file in files(path))


def opset(graph: onnx.ModelProto) -> int:
    """Version of the default operator set."""
    return int(next(entry.version for entry in graph.opset_import if entry.domain in ("", "ai.onnx")))


def precision(graph: onnx.ModelProto) -> str:
    """The element type that most of the weights' bytes have; float32 where there are none."""
    counted: Counter[str] = Counter()
    for tensor in graph.graph.initializer:
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        elements = 1
        for length in tensor.dims:
            elements *= length
        counted[kind.name] += elements * kind.itemsize
    return counted.most_common(1)[0][0] if counted else "float32"


def tensor(value: onnx.ValueInfoProto) -> contract.Tensor:
    """A graph input or output; an axis without a number is dynamic.

    Raises:
        RejectedError: ExportFailed, when its type is none that a client can send or receive.

    """
    kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
    shape = [axis.dim_value if axis.HasField("dim_value") else -1 for axis in value.type.tensor_type.shape.dim]
    try:
        return contract.Tensor.model_validate({"name": value.name, "dtype": kind, "shape": shape})
    except ValueError as error:
        raise errors.RejectedError(
            contract.FailureReason.EXPORT_FAILED,
            f"the graph's tensor {value.name} is {kind} {shape}, which no server can declare",
            field="spec.model.outputs",
            next_step="Return tensors of at least one axis, of a plain number type.",
        ) from error


def leads_with_batch(value: onnx.ValueInfoProto) -> bool:
    """Is its first axis the batch?"""
    shape = value.type.tensor_type.shape.dim
    return bool(shape) and shape[0].dim_param == BATCH
