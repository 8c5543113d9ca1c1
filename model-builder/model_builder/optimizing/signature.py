"""signature.json and requires.json, read from the graph itself rather than believed."""

import numpy as np
import onnx

from model_builder import arrays, contract, running
from model_builder.optimizing import graphs, parity


def of(graph: onnx.ModelProto, call: running.Call, requests: dict[str, arrays.Array]) -> contract.Signature:
    """The tensors, and whether a server may join requests: tried on the golden requests."""
    values = (*graph.graph.input, *graph.graph.output)
    return contract.Signature(
        inputs=[graphs.tensor(value) for value in graph.graph.input],
        outputs=[graphs.tensor(value) for value in graph.graph.output],
        batchable=all(map(graphs.leads_with_batch, values)) and independent(call, requests),
    )


def independent(call: running.Call, requests: dict[str, arrays.Array]) -> bool:
    """Does each request get the same answer in company as alone? A mean over the batch, for one, does not."""
    alone = [np.concatenate(list(output)) for output in running.over_requests(call, requests)]
    together = call({name: np.concatenate(list(array)) for name, array in requests.items()})
    return all(parity.equal(one, other) for one, other in zip(alone, together, strict=True))


def requires(graph: onnx.ModelProto) -> contract.Requires:
    """What the graph needs of a server."""
    return contract.Requires(opset=graphs.opset(graph))
