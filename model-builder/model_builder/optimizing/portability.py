"""Does an int8 graph compute the same on every x86-64 CPU? Proven on its weights.

A CPU without VNNI multiplies unsigned activations by signed weights with VPMADDUBSW, which sums pairs of products in
16 bits, with saturation (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, PMADDUBSW):

    activations   a0   a1  ...    0..255            a0 w0 + a1 w1  ─► 16 bits: -32768..32767, else cut
    weights       w0   w1  ...    -128..127

With VNNI (VPDPBUSD) and AMX (TDPBUSD) the sum is of 32 bits. Which weights of an output channel become pairs depends on
how a kernel packs them, so no two of one channel may be able to leave 16 bits, whatever the activations are:

    255 (w0 + w1) <= 32767  for the two largest that are positive, >= -32768 for the two least that are negative

Weights of 7 bits always satisfy it: ONNX Runtime advises them for CPUs without VNNI (`reduce_range` of quantize_static;
https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html). Unsigned weights need no proof: its
kernels for them widen to 16 bits before they multiply, and sum in 32.
"""

import dataclasses
from pathlib import Path

import numpy as np
import onnx

from model_builder import arrays
from model_builder.optimizing import weights

#: The largest code of an activation.
HIGHEST = 255
SIXTEEN_BITS = np.iinfo(np.int16)
#: What takes a constant in and sums no products of it: look-ups, and what works element by element.
HARMLESS = frozenset(
    {"Add", "Concat", "Div", "Gather", "GatherElements", "GatherND", "Mul", "Pad", "Slice", "Split", "Sub", "Where"}
)
#: Codes that are made when the graph is loaded, so that nothing is known of them.
ANY_CODES = np.array([[-128, 127, 127]], np.int8)


@dataclasses.dataclass(frozen=True)
class Offender:
    """Two weights whose products leave 16 bits."""

    tensor: str
    #: Output channel; None where the whole tensor was taken for one.
    channel: int | None
    pair: tuple[int, int]

    def __str__(self) -> str:
        """In words."""
        where = "" if self.channel is None else f" in output channel {self.channel}"
        first, second = self.pair
        return (
            f"the weights {self.tensor} hold {first} and {second}{where}: {HIGHEST} x ({first} + {second}) = "
            f"{HIGHEST * (first + second)} leaves 16 bits, where CPUs without VNNI cut it off"
        )


def offender(graph: onnx.ModelProto, folder: Path) -> Offender | None:
    """The first weights that can saturate; those of another file are read from the folder."""
    for use in weights.uses(graph):
        if use.operator in HARMLESS or not (use.kind == "int8" or use.late):
            continue
        codes = ANY_CODES if use.late else by_channel(onnx.numpy_helper.to_array(use.tensor, str(folder)), use.axis)
        if found := saturating(codes):
            channel, pair = found
            return Offender(use.tensor.name, channel if use.axis is not None else None, pair)
    return None


def by_channel(codes: arrays.Array, axis: int | None) -> arrays.Array:
    """(channels, weights of each); without an axis all are one channel."""
    return codes.reshape(1, -1) if axis is None else np.moveaxis(codes, axis, 0).reshape(codes.shape[axis], -1)


def saturating(codes: arrays.Array) -> tuple[int, tuple[int, int]] | None:
    """The first channel with a pair that can leave 16 bits, and that pair. A missing partner is zero, as in padding.

    Args:
        codes: (channels, weights of each), int8.

    """
    padded = np.pad(codes, ((0, 0), (0, 2)))  # so none of a channel's two largest is negative, nor of its two least
    size = padded.shape[1]
    largest = np.partition(padded, size - 2, axis=1)[:, -2:].astype(int)
    least = np.partition(padded, 1, axis=1)[:, :2].astype(int)
    for pairs in (largest, least):
        sums = HIGHEST * pairs.sum(axis=1)
        outside = np.flatnonzero((sums > SIXTEEN_BITS.max) | (sums < SIXTEEN_BITS.min))
        if outside.size:
            channel = int(outside[0])
            return channel, (int(pairs[channel].min()), int(pairs[channel].max()))
    return None
