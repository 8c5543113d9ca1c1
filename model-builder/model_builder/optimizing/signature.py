"""signature.json and requires.json, read from the graph itself rather than believed."""

import onnx

from model_builder import contract
from model_builder.optimizing import graphs


def of(graph: onnx.ModelProto, *, batchable: bool) -> contract.Signature:
    """The tensors, and whether a server may join requests: tried by `evaluating`, never declared."""
    return contract.Signature(
        inputs=[graphs.tensor(value) for value in graph.graph.input],
        outputs=[graphs.tensor(value) for value in graph.graph.output],
        batchable=batchable,
    )


def requires(graph: onnx.ModelProto, name: contract.CandidateName, target: contract.Target) -> contract.Requires:
    """What the graph needs of a server: a float one runs anywhere, an int8 one where it was proven for."""
    bound = name == contract.CandidateName.INT8_STATIC and target.cpu is not None
    return contract.Requires(opset=graphs.opset(graph), isa=target.cpu.value if bound and target.cpu else "portable")
