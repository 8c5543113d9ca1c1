"""How the runtime executes the graph: ModelOptimizationPolicy.

`cuda.graph_spec` is left out: the ONNX runtime, which serves every artifact, does not read it.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model_serving.model_config import messages, naming


class Graph(messages.Message):
    """Optimizations of the graph when it is loaded."""

    level: Annotated[int, Field(ge=-1, le=2)] | None = None
    """For the ONNX runtime: -1 basic, 1 extended, 0 (the default) all of them."""


class Cuda(messages.Message):
    """Execution on GPUs."""

    graphs: bool | None = None
    """Capture executions as CUDA graphs."""
    busy_wait_events: bool | None = None
    """Spin, instead of sleeping, until the GPU is done: quicker, and a core is busy."""
    output_copy_stream: bool | None = None
    """Copy answers on a stream of its own."""


class GpuAccelerator(messages.Message):
    """An accelerator of the ONNX runtime on GPUs."""

    name: Literal["tensorrt", "cuda"]
    """Which one."""
    parameters: naming.Options | None = None
    """Its options, e.g. precision_mode. One that lowers the precision is not judged by the gate of the build."""

    @model_validator(mode="after")
    def _no_code(self) -> Self:
        naming.refuse_code(self.parameters or {})
        return self


class CpuAccelerator(messages.Message):
    """An accelerator of the ONNX runtime on CPUs."""

    name: Literal["openvino"]
    """Which one."""
    parameters: naming.Options | None = None
    """Its options. One that lowers the precision is not judged by the gate of the build."""

    @model_validator(mode="after")
    def _no_code(self) -> Self:
        naming.refuse_code(self.parameters or {})
        return self


class ExecutionAccelerators(messages.Message):
    """What executes parts of the graph in place of the runtime itself, the first that can."""

    gpu_execution_accelerator: Annotated[list[GpuAccelerator], Field(max_length=2)] | None = None
    """On GPUs."""
    cpu_execution_accelerator: Annotated[list[CpuAccelerator], Field(max_length=1)] | None = None
    """On CPUs."""


class PinnedMemory(messages.Message):
    """Memory that GPUs read and write directly."""

    enable: bool | None = None
    """Triton's default: true."""


class Optimization(messages.Message):
    """How the runtime executes the graph."""

    graph: Graph | None = None
    """Optimizations of the graph when it is loaded."""
    priority: Literal["PRIORITY_DEFAULT", "PRIORITY_MAX", "PRIORITY_MIN"] | None = None
    """Of the model's executions among others on the same GPU."""
    cuda: Cuda | None = None
    """Execution on GPUs."""
    execution_accelerators: ExecutionAccelerators | None = None
    """TensorRT, CUDA or OpenVINO inside the ONNX runtime, where the server's image has them."""
    input_pinned_memory: PinnedMemory | None = None
    """For inputs."""
    output_pinned_memory: PinnedMemory | None = None
    """For outputs."""
    gather_kernel_buffer_threshold: Annotated[int, Field(ge=0, le=4096)] | None = None
    """From how many buffers on a GPU gathers an input with one kernel."""
    eager_batching: bool | None = None
    """Prepare the next batch while one is executed."""
