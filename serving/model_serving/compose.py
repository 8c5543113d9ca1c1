"""From an artifact and settings to Triton's model repository: what the server is told about the model.

    signature.json + requires.json + ServingSettings ─► <model name>/config.pbtxt
    golden.npz                                       ─► <model name>/warmup/
    artifact/files                                   ◄─ <model name>/1  (a link: weights are never copied)

`config` is pure and complete: Triton completes nothing by itself, so what is served is what is written.
"""

from collections.abc import Collection
from pathlib import Path

from google.protobuf import text_format  # type: ignore[import-untyped]
from tritonclient.grpc import model_config_pb2

from model_builder import contract, machine
from model_serving import artifacts, datatypes, overlaying, settings, warming

MODEL_FILE = "model.onnx"
VERSION = 1
CONFIG = "config.pbtxt"


class CannotServeError(Exception):
    """The artifact and the settings do not go together."""


def config(
    signature: contract.Signature,
    requires: contract.Requires | None,
    serving: settings.ServingSettings,
    warmup: warming.Request | None = None,
) -> model_config_pb2.ModelConfig:
    """The model's configuration; `warmup` is the request to warm up with. Raises CannotServeError."""
    if requires is not None:
        _hold_against(requires, serving)
    result = model_config_pb2.ModelConfig(
        name=serving.model_name,
        backend="onnxruntime" if requires is None else requires.runtime,
        default_model_filename=MODEL_FILE,
        max_batch_size=serving.batching.max_batch_size if signature.batchable else 0,
        input=[_input(tensor, batched=signature.batchable) for tensor in signature.inputs],
        output=[_output(tensor, batched=signature.batchable) for tensor in signature.outputs],
        instance_group=[_instances(serving)],
        version_policy=_only_version(),
    )
    if signature.batchable:
        result.dynamic_batching.CopyFrom(_batching(serving.batching))
    if serving.response_cache_bytes is not None:
        result.response_cache.enable = True
    if warmup is not None:
        result.model_warmup.extend(warming.settings(signature, warmup, result.max_batch_size))
    try:
        overlaying.apply(result, serving)
    except overlaying.OverlayError as error:
        raise CannotServeError(str(error)) from error
    return result


def text(configuration: model_config_pb2.ModelConfig) -> str:
    """The configuration as Triton reads it."""
    return str(text_format.MessageToString(configuration))


def write(artifact: Path, repository: Path, serving: settings.ServingSettings) -> Path:
    """Verify the artifact, write the repository, and return the model's folder.

    Running it again gives the same. Raises ArtifactError, CannotServeError, OSError.
    """
    artifacts.verify(artifact, serving.artifact)
    requires = artifacts.read_requires(artifact)
    hold_against_cpu(requires, machine.isa())
    signature = artifacts.read_signature(artifact)
    warmup = None if warms_up_otherwise(serving) else warming.read(artifact, signature)
    configuration = config(signature, requires, serving, warmup)
    model = repository / serving.model_name
    model.mkdir(parents=True, exist_ok=True)
    (model / CONFIG).write_text(text(configuration))
    warming.write(model, warmup)
    link = model / str(VERSION)
    link.unlink(missing_ok=True)
    link.symlink_to(artifact.resolve() / artifacts.FILES, target_is_directory=True)
    return model


def warms_up_otherwise(serving: settings.ServingSettings) -> bool:
    """The user lists the warm-up, maybe an empty one."""
    return serving.overlay is not None and serving.overlay.model_warmup is not None


def hold_against_cpu(requires: contract.Requires, present: Collection[str]) -> None:
    """Raise CannotServeError where int8 sums would saturate that do not where the artifact was proven.

    `present`: what `machine.isa` says of the CPU. Artifacts for GPUs are portable here: the CPU only hands data on.
    """
    if requires.isa not in present:
        raise CannotServeError(
            f"the artifact's answers are proven on CPUs with {requires.isa} alone, and this node's is "
            f"{machine.cpu()}; choose nodes by spec.serving.nodeSelector, or build with target {{cpu: portable}}"
        )


def _hold_against(requires: contract.Requires, serving: settings.ServingSettings) -> None:
    if requires.gpu_arch is not None and not serving.gpus:
        raise CannotServeError(f"the artifact runs on GPUs of {requires.gpu_arch} alone, but the server has no GPU")


def _input(tensor: contract.Tensor, *, batched: bool) -> model_config_pb2.ModelInput:
    return model_config_pb2.ModelInput(
        name=tensor.name,
        data_type=_type(tensor),
        dims=_dims(tensor, batched=batched),
        reshape=_reshape(tensor, batched=batched),
    )


def _output(tensor: contract.Tensor, *, batched: bool) -> model_config_pb2.ModelOutput:
    return model_config_pb2.ModelOutput(
        name=tensor.name,
        data_type=_type(tensor),
        dims=_dims(tensor, batched=batched),
        reshape=_reshape(tensor, batched=batched),
    )


def _type(tensor: contract.Tensor) -> model_config_pb2.DataType:
    return model_config_pb2.DataType.Value(f"TYPE_{datatypes.TRITON[tensor.dtype]}")


def _dims(tensor: contract.Tensor, *, batched: bool) -> list[int]:
    """Without the batch axis, which max_batch_size implies. Triton has no empty dims: see `_reshape`."""
    return (tensor.shape[1:] or [1]) if batched else tensor.shape


def _reshape(tensor: contract.Tensor, *, batched: bool) -> model_config_pb2.ModelTensorReshape | None:
    """One value a sample is [batch] to the model, and [batch, 1] to the client: Triton has no other way to say it."""
    return model_config_pb2.ModelTensorReshape(shape=[]) if batched and len(tensor.shape) == 1 else None


def _batching(batching: settings.Batching) -> model_config_pb2.ModelDynamicBatching:
    return model_config_pb2.ModelDynamicBatching(
        max_queue_delay_microseconds=batching.max_queue_delay_microseconds,
        preferred_batch_size=batching.preferred_batch_size,
    )


def _instances(serving: settings.ServingSettings) -> model_config_pb2.ModelInstanceGroup:
    """Without a list of GPUs, KIND_GPU means a group on each GPU that the container sees."""
    group = model_config_pb2.ModelInstanceGroup
    return group(kind=group.KIND_GPU if serving.gpus else group.KIND_CPU, count=serving.instances.count)


def _only_version() -> model_config_pb2.ModelVersionPolicy:
    policy = model_config_pb2.ModelVersionPolicy
    return policy(specific=policy.Specific(versions=[VERSION]))
