"""What a candidate says of its graph, proven on the file: whoever made it, and however."""

import math
from pathlib import Path

import onnx

from model_builder import contract
from model_builder.optimizing import graphs, portability, weights
from model_builder.optimizing.candidates import registry

#: The part of the weights' elements that has to be what is claimed: a layer that cannot be quantized is no lie.
LEAST = 0.9
ADVICE = "ask for spec.build.target {cpu: vnni} if all nodes have it"


def prove(claim: registry.Claim, path: Path, request: contract.BuildRequest) -> str:
    """Why the claim does not hold; empty when it does. That of `none` is proven by its answers, not by its file."""
    if claim == registry.Claim.NOTHING:
        return ""
    graph = graphs.read(path)
    if claim == registry.Claim.HALF_WEIGHTS:
        return mostly(graph, ("float16",), "float16")
    return mostly(graph, ("int8", "uint8"), "8 bit") or not_portable(graph, path.parent, request.target)


def mostly(graph: onnx.ModelProto, kinds: tuple[str, ...], words: str) -> str:
    """Empty if LEAST of the multiplied weights are of these types."""
    found = multiplied(graph)
    total = sum(map(elements, found.values()))
    if not total:
        return "the graph has no weights that are multiplied, so none of them is " + words
    other = {name: tensor for name, tensor in found.items() if graphs.kind(tensor) not in kinds}
    share = 1 - sum(map(elements, other.values())) / total
    if share >= LEAST:
        return ""
    largest = max(other.values(), key=elements)
    return (
        f"{share:.0%} of the weights are {words}, at least {LEAST:.0%} must be; the largest that are not are "
        f"{largest.name}, {graphs.kind(largest)} {list(largest.dims)}"
    )


def multiplied(graph: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """Name -> tensor of the weights of convolutions and matrix products, each once."""
    operators = weights.PRODUCTS | weights.INTEGER_PRODUCTS.keys()
    return {use.tensor.name: use.tensor for use in weights.uses(graph) if use.operator in operators}


def elements(tensor: onnx.TensorProto) -> int:
    """How many."""
    return math.prod(tensor.dims)


def not_portable(graph: onnx.ModelProto, folder: Path, target: contract.Target) -> str:
    """Empty if every CPU of the target computes the same."""
    if target.cpu != contract.Cpu.PORTABLE:
        return ""
    found = portability.offender(graph, folder)
    return f"not portable: {found}; {ADVICE}" if found else ""
