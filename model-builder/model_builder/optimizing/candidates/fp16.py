"""Half precision inside, float32 at the door: for GPUs, whose tensor cores multiply it."""

import dataclasses
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnx

from model_builder import contract
from model_builder.optimizing import graphs
from model_builder.optimizing.candidates import registry, scratch

HALF = np.finfo(np.float16)
SINGLE = np.finfo(np.float32)


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing to choose."""

    @classmethod
    def of(cls, material: registry.Material) -> Self:
        """For every GPU. Raises RefusedError for a CPU."""
        if material.request.target.gpu is None:
            raise registry.RefusedError(
                "fp16 cannot win on a CPU: ONNX Runtime computes it there in float32, with casts around; use "
                "int8Static or none, or name a GPU in spec.build.target or spec.serving.gpu"
            )
        return cls()


@registry.candidate(contract.CandidateName.FP16, Config, claim=registry.Claim.HALF_WEIGHTS)
def make(_config: Config, source: Path, target: Path) -> None:
    """Convert, write.

    Raises:
        RefusedError: a weight is beyond float16's range, or the converter does not take the graph.

    """
    refuse_overflow(graphs.read(source), source.parent)
    with scratch.copy_of(source, target) as copy, scratch.quiet():
        try:
            convert(copy, target)
        except Exception as error:
            words = scratch.one_line(error)
            raise registry.RefusedError(
                f"ONNX Runtime's float16 converter does not take this graph: {words}"
            ) from error
    scratch.readable(target)


def refuse_overflow(graph: onnx.ModelProto, folder: Path) -> None:
    """The converter would cut such weights off in silence; it may do so to single numbers and the extremes of masks."""
    for name, tensor in graphs.constants(graph.graph).items():
        if tensor.data_type != onnx.TensorProto.FLOAT or not tensor.dims:
            continue
        sizes = np.abs(onnx.numpy_helper.to_array(tensor, str(folder)))
        beyond = sizes[(sizes > HALF.max) & (sizes < SINGLE.max)]
        if beyond.size:
            raise registry.RefusedError(
                f"{name} holds {beyond.max():.3g}, and float16 ends at {HALF.max:.0f}: scale the weights down, or use "
                "none"
            )


def convert(graph: Path, target: Path) -> None:
    """From the float graph, whose folder is written to, to the target."""
    from onnxruntime.quantization import onnx_model
    from onnxruntime.transformers import float16

    half = onnx_model.ONNXModel(float16.convert_float_to_float16(str(graph), keep_io_types=True))
    half.topological_sort()  # the converter appends the casts at the door at the end
    onnx.save(half.model, target, **beside(graph, target))


def beside(graph: Path, target: Path) -> dict[str, Any]:
    """Weights of half the size lie beside the graph if those of the float graph do."""
    if len(graphs.files(graph)) == 1:
        return {}
    return {"save_as_external_data": True, "all_tensors_to_one_file": True, "location": f"{target.name}.data"}
