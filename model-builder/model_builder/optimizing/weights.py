"""The weights of a graph: constants that meet what comes in, found through what lies between.

initializer ─► [Cast, QuantizeLinear] ─► DequantizeLinear ─► [Transpose, Reshape] ─► MatMul
"""

import dataclasses
from collections.abc import Iterator, Mapping

import onnx
import onnx.inliner

from model_builder.optimizing import graphs

#: What multiplies and sums, and the input that is the weights by convention.
PRODUCTS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
#: The same as integers, with the axis of the output channels where it is always the same.
INTEGER_PRODUCTS: Mapping[str, int | None] = {
    "ConvInteger": 0,
    "QLinearConv": 0,
    "MatMulInteger": None,
    "MatMulIntegerToFloat": None,
    "DynamicQuantizeMatMul": None,
    "QLinearMatMul": None,
    "QGemm": None,
}
#: What changes place or coding of numbers, and nothing else.
MOVES = frozenset(
    {
        "Cast",
        "DequantizeLinear",
        "Flatten",
        "Identity",
        "QuantizeLinear",
        "Reshape",
        "Squeeze",
        "Transpose",
        "Unsqueeze",
    }
)


@dataclasses.dataclass(frozen=True)
class Use:
    """A constant of two axes or more, and what takes it in."""

    tensor: onnx.TensorProto
    #: Operator that takes it in.
    operator: str
    #: Axis of its output channels, where its quantization has a scale for each; else None.
    axis: int | None
    #: It is a float constant that becomes codes when the graph is loaded.
    late: bool

    @property
    def kind(self) -> str:
        """Name of the element type, as numpy calls it."""
        return graphs.kind(self.tensor)


def uses(graph: onnx.ModelProto) -> Iterator[Use]:
    """Every use of every such constant; one that two nodes share comes twice."""
    if graph.functions:
        graph = onnx.inliner.inline_local_functions(graph)
    known = graphs.constants(graph.graph)
    makers = {name: node for node in graphs.nodes(graph.graph) for name in node.output}
    for node in graphs.nodes(graph.graph):
        if node.op_type in MOVES:
            continue
        for index, name in enumerate(node.input):
            path = [*moves(name, makers)]
            origin = path[-1].input[0] if path else name
            if origin in known and len(known[origin].dims) >= graphs.MATRIX:
                late = any(move.op_type == "QuantizeLinear" for move in path)
                yield Use(known[origin], node.op_type, channels(node, index, path, known), late)


def moves(name: str, makers: Mapping[str, onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """The nodes between a use and its constant, from the use on."""
    while name in makers and makers[name].op_type in MOVES:
        yield makers[name]
        name = makers[name].input[0]


def channels(
    node: onnx.NodeProto, index: int, path: list[onnx.NodeProto], known: Mapping[str, onnx.TensorProto]
) -> int | None:
    """The axis of the output channels, if each has its own scale; None where that is not sure."""
    if node.op_type in INTEGER_PRODUCTS:
        return INTEGER_PRODUCTS[node.op_type]
    if len(path) != 1 or path[0].op_type != "DequantizeLinear":
        return None
    codes, scale = known.get(path[0].input[0]), known.get(path[0].input[1])
    if codes is None or scale is None or len(scale.dims) != 1 or scale.dims[0] == 1:
        return None
    axis = int(attribute(path[0], "axis", 1)) % len(codes.dims)
    return axis if axis == output_axis(node, index, len(codes.dims)) else None


def output_axis(node: onnx.NodeProto, index: int, rank: int) -> int | None:
    """Which axis of an operand has one entry for each output channel (ONNX Operators: Conv, Gemm, MatMul, ...)."""
    match node.op_type, index:
        case "Conv", 1:
            return 0
        case "ConvTranspose", 1:
            return 1
        case "Gemm", 1:
            return 0 if attribute(node, "transB", 0) else 1
        case "MatMul", 1:
            return rank - 1
    return None


def attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """An integer attribute."""
    return next((int(found.i) for found in node.attribute if found.name == name), default)
