"""Q/DQ pairs and 8-bit weights, from ranges that are known."""

from pathlib import Path

from onnxruntime import quantization
from onnxruntime.quantization import calibrate

from model_builder.optimizing import graphs
from model_builder.optimizing.candidates import calibrating

#: Operators that get Q/DQ pairs: those with weights, and those between them that can stay in 8 bits. Left in float are
#: softmax and normalizations, where 8 bits cost accuracy and save nothing.
OPERATORS = (
    "Add",
    "AveragePool",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Flatten",
    "Gather",
    "Gemm",
    "GlobalAveragePool",
    "LeakyRelu",
    "MatMul",
    "MaxPool",
    "Mul",
    "Pad",
    "Relu",
    "Reshape",
    "Resize",
    "Sigmoid",
    "Slice",
    "Split",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
)


def write(graph: Path, target: Path, ranges: calibrate.TensorsData, *, reduce_range: bool) -> None:
    """Write the quantized graph, its weights beside it where those of the float graph are.

    The graph's folder is written to. Weights beyond what one file can hold are read and written in a file of their own.
    """
    cache, bounded = graph.with_name("ranges.json"), calibrating.bounded(ranges)
    calibrate.save_tensors_data(bounded, cache)
    quantization.quantize_static(
        graph,
        target,
        calibration_cache_path=cache,
        calibrate_method=ranges.calibration_method,
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=list(OPERATORS),
        nodes_to_exclude=excluded(graph, frozenset(ranges) - frozenset(bounded)),
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        reduce_range=reduce_range,
        use_external_data_format=len(graphs.files(graph)) > 1,
    )


def excluded(graph: Path, tensors: frozenset[str]) -> list[str]:
    """Names of the nodes that take in or give out one of these tensors: they stay in float."""
    nodes = [node for node in graphs.read(graph).graph.node if tensors.intersection((*node.input, *node.output))]
    return [node.name for node in nodes if node.name]  # the empty name would exclude every node without one
