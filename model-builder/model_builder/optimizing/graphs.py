"""What an ONNX file says about itself, read without its weights."""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import onnx

from model_builder import contract, errors

#: Name of the batch axis in every graph that convert leaves.
BATCH = "batch"
#: Axes of the smallest constant that is a weight.
MATRIX = 2
#: Two codes for the same precision.
EIGHT_BIT = {"uint8": "int8"}
#: Elements that are no weights: indices, shapes, masks, and biases of integer sums.
WHOLE = ("int16", "int32", "int64", "uint16", "uint32", "uint64", "bool", "object")


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


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of branches and loop bodies among them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ())):
                yield from nodes(inner)


def constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Name -> tensor, of initializers and of what Constant nodes hold."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.HasField("t"):
                found[node.output[0]] = attribute.t
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ())):
                found.update(constants(inner))
    return found


def kind(tensor: onnx.TensorProto) -> str:
    """Name of the element type, as numpy calls it."""
    return str(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).name)


def precision(graph: onnx.ModelProto) -> str:
    """What most elements of the weights are: int8 (signed or not), float16, float32, ...; float32 where there are none.

    Weights are constants of two axes or more: biases, scales and shapes have fewer.
    """
    counted: Counter[str] = Counter()
    for tensor in constants(graph.graph).values():
        if len(tensor.dims) >= MATRIX and (name := kind(tensor)) not in WHOLE:
            counted[EIGHT_BIT.get(name, name)] += math.prod(tensor.dims)
    return counted.most_common(1)[0][0] if counted else "float32"


def output_steps(graph: onnx.ModelProto) -> dict[str, float]:
    """Output name -> its quantization step, of outputs that come straight from codes: the scale of DequantizeLinear."""
    known = constants(graph.graph)
    makers = {node.output[0]: node for node in graph.graph.node if node.op_type == "DequantizeLinear"}
    scales = {
        value.name: known.get(makers[value.name].input[1]) for value in graph.graph.output if value.name in makers
    }
    return {name: float(onnx.numpy_helper.to_array(scale).max()) for name, scale in scales.items() if scale}


def tensor(value: onnx.ValueInfoProto) -> contract.Tensor:
    """A graph input or output; an axis without a number is dynamic.

    Raises:
        RejectedError: ExportFailed, when its type is none that a client can send or receive.

    """
    element = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
    shape = [axis.dim_value if axis.HasField("dim_value") else -1 for axis in value.type.tensor_type.shape.dim]
    try:
        return contract.Tensor.model_validate({"name": value.name, "dtype": element, "shape": shape})
    except ValueError as error:
        raise errors.RejectedError(
            contract.FailureReason.EXPORT_FAILED,
            f"the graph's tensor {value.name} is {element} {shape}, which no server can declare",
            field="spec.model.outputs",
            next_step="Return tensors of at least one axis, of a plain number type.",
        ) from error


def leads_with_batch(value: onnx.ValueInfoProto) -> bool:
    """Is its first axis the batch?"""
    shape = value.type.tensor_type.shape.dim
    return bool(shape) and shape[0].dim_param == BATCH
