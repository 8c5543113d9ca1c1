"""Weights and activations of 8 bits, the ranges of activations taken from calibration data beforehand.

    x ─► Q ─► DQ ─► Conv ─► Q ─► DQ ─► ...         Q/DQ pairs; the runtime makes integer kernels of what they enclose
         int8 weights ─► DQ ──┘

Activations are unsigned; weights signed, symmetric, with a scale for each output channel: what ONNX Runtime is fast
with on x86-64. For `cpu: portable` weights have 7 bits, of which `portability` tells why.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import onnx

from model_builder import arrays, contract, datasets, machine
from model_builder.optimizing import graphs, weights
from model_builder.optimizing.candidates import calibrating, quantizing, registry, scratch

#: Operators of a graph that is quantized already.
QUANTIZED = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"}) | weights.INTEGER_PRODUCTS.keys()


@dataclasses.dataclass(frozen=True)
class Config:
    """What to calibrate with, and how far weights may reach."""

    calibration: Mapping[str, arrays.Array]
    samples: int
    method: str
    #: The model has a batch axis.
    batched: bool
    #: 7 bits for weights.
    reduce_range: bool

    @classmethod
    def of(cls, material: registry.Material) -> Self:
        """From the request and its calibration set.

        Raises:
            RefusedError: the target's instruction set is not that of this machine.

        """
        request = material.request
        if request.calibration is None or material.calibration is None:
            raise registry.RefusedError("int8Static needs calibration data: name it in spec.build.calibration")
        target = request.target.cpu or contract.Cpu.PORTABLE
        if target not in machine.isa():
            raise not_here(target)
        return cls(
            calibration=material.calibration,
            samples=request.calibration.samples,
            method=request.calibration.method,
            batched=datasets.has_batch(request.model.inputs),
            reduce_range=target == contract.Cpu.PORTABLE,
        )


def not_here(target: contract.Cpu) -> registry.RefusedError:
    """A gate that was passed on one instruction set says nothing about another."""
    return registry.RefusedError(
        f"int8 for a CPU with {target} computes other numbers than this machine, {machine.cpu()}: its accuracy cannot "
        f"be judged here. Build on a node with {target}, or ask for spec.build.target {{cpu: portable}}"
    )


@registry.candidate(contract.CandidateName.INT8_STATIC, Config, claim=registry.Claim.INT8_WEIGHTS)
def make(config: Config, source: Path, target: Path) -> None:
    """Calibrate, quantize, write.

    Raises:
        RefusedError: the graph is quantized already, the quantizer does not take it, or it finds nothing to quantize.

    """
    refuse_quantized(graphs.read(source))
    with scratch.copy_of(source, target) as copy, scratch.quiet():
        try:
            quantize(config, copy, target)
        except Exception as error:
            words = scratch.one_line(error)
            raise registry.RefusedError(f"ONNX Runtime's quantizer does not take this graph: {words}") from error
    scratch.readable(target)
    if not any(use.kind == "int8" for use in weights.uses(graphs.read(target))):
        raise registry.RefusedError(
            "nothing in this graph can be quantized: it has no convolution and no matrix product with weights"
        )


def refuse_quantized(graph: onnx.ModelProto) -> None:
    """A graph of codes is quantized `successfully`, and then does not load."""
    found = sorted({node.op_type for node in graphs.nodes(graph.graph)} & QUANTIZED)
    if found:
        raise registry.RefusedError(f"the graph is quantized already: it holds {', '.join(found)}; serve it with none")


def quantize(config: Config, graph: Path, target: Path) -> None:
    """From the float graph, whose folder is written to, to the target."""
    feeds = calibrating.feeds(config.calibration, config.samples, batched=config.batched)
    ranges = calibrating.ranges(graph, quantizing.OPERATORS, config.method, feeds)
    quantizing.write(graph, target, ranges, reduce_range=config.reduce_range)
