"""From the module to one float ONNX file with named tensors and named dynamic axes.

    module + example ─► torch.export ─► ONNX ─► onnxslim ─► model.onnx

Weights beyond what one file can hold lie in model.onnx.data beside it.
"""

import logging
import re
from pathlib import Path

import onnx
import onnxslim
import torch

from model_builder import contract, errors, storage
from model_builder.converting import loading, original

#: Bytes of weights beyond which they lie in a file of their own: protobuf ends at 2 GiB, less some room for the graph.
ONE_FILE = 1_900_000_000
BATCH = "batch"
FIELD = "spec.model.architecture.factory"
NEXT_STEP = (
    "Write that part of forward with operators that torch.onnx.export(dynamo=True) knows, and without Python branches "
    "on values."
)
#: How the exporter names the line of code that it could not follow.
LINE = re.compile(r'File "([^"]+)", line (\d+), in ')
#: Characters of the exporter's words that help.
WORDS = 600


def export(model: original.Original, target: Path) -> None:
    """Write the graph.

    Raises:
        RejectedError: ExportFailed.

    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    storage.folder(target.parent)
    for stale in target.parent.glob(f"{target.name}*"):
        stale.unlink()
    program = captured(model)
    if weight_bytes(model.module) > ONE_FILE:
        program.save(target, external_data=True)
    else:
        onnx.save(slimmed(program.model_proto), target)
    check(model, onnx.load(target, load_external_data=False))
    for file in target.parent.glob(f"{target.name}*"):
        file.chmod(storage.FILE_MODE)


def captured(model: original.Original) -> torch.onnx.ONNXProgram:
    """The exported program; any error of the exporter's is one about the module."""
    try:
        with torch.no_grad():
            program = torch.onnx.export(
                model.module,
                model.tensors(model.example),
                dynamo=True,
                verbose=False,
                dynamic_shapes=tuple(axes(tensor, batched=model.batched) for tensor in model.model.inputs),
                input_names=[tensor.name for tensor in model.model.inputs],
                output_names=model.outputs,
            )
    except Exception as error:
        raise failed(cause(error, model.files)) from error
    if program is None:  # says the signature; with dynamo it never is
        raise failed("the exporter returned nothing")
    return program


def axes(tensor: contract.Tensor, *, batched: bool) -> dict[int, str]:
    """The dynamic axes of an input, by name; the batch is one and the same for all."""
    names = {axis: f"{tensor.name}_{axis}" for axis, size in enumerate(tensor.shape) if size == -1}
    return names | {0: BATCH} if batched else names


def weight_bytes(module: torch.nn.Module) -> int:
    """Bytes of parameters and buffers."""
    return sum(value.numel() * value.element_size() for value in module.state_dict().values())


def slimmed(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Fold constants, and remove the stack traces that the exporter writes into every node: they name local paths."""
    slim: onnx.ModelProto = onnxslim.slim(graph)
    for node in slim.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*slim.graph.value_info, *slim.graph.input, *slim.graph.output):
        del value.metadata_props[:]
    del slim.graph.metadata_props[:]
    del slim.metadata_props[:]
    return slim


def check(model: original.Original, graph: onnx.ModelProto) -> None:
    """The graph takes what the request declares: no input was dropped, no dynamic axis was fixed."""
    taken = {value.name: value.type.tensor_type.shape.dim for value in graph.graph.input}
    for tensor in model.model.inputs:
        if tensor.name not in taken:
            raise failed(
                f"forward does not use the input {tensor.name}",
                original.FIELD,
                "Leave it out of spec.model.inputs, and out of the arguments of forward.",
            )
        for axis, (size, dimension) in enumerate(zip(tensor.shape, taken[tensor.name], strict=True)):
            if size == -1 and not dimension.dim_param:
                words = f"forward fixes axis {axis} of {tensor.name}, declared -1, to {dimension.dim_value}"
                raise failed(words, original.FIELD, "Declare the size instead, or let forward take it from its input.")


def cause(error: BaseException, files: Path) -> str:
    """The exporter's own words, from where the chain of its errors begins: the operator, or the line of code.

    Its first sentence says what happened; what follows is advice for developers of torch.
    """
    while error.__cause__ is not None:
        error = error.__cause__
    words = str(error).strip()
    places = [(name, number) for name, number in LINE.findall(words) if Path(name).is_relative_to(files)]
    line = f" ({Path(places[-1][0]).relative_to(files)}:{places[-1][1]})" if places else loading.line(error, files)
    return f"{type(error).__name__}: {words.partition(chr(10))[0][:WORDS]}{line}"


def failed(words: str, field: str = FIELD, next_step: str = NEXT_STEP) -> errors.RejectedError:
    """There is no graph."""
    return errors.RejectedError(contract.FailureReason.EXPORT_FAILED, words, field=field, next_step=next_step)
