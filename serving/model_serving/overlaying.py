"""Laying `spec.serving.modelConfig` over a composed configuration. Pure.

Messages merge field by field; a list or a map takes the place of the former: as protobuf's own JSON parser has it.
"""

from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from tritonclient.grpc import model_config_pb2

from model_serving import model_config, settings

#: How the ONNX runtime is told how many threads an execution may have.
THREADS = "intra_op_thread_count"


#: What dynamic batching means for joining; the rest of it is about the queue, which every model has.
_JOINING = ("preferred_batch_size", "max_queue_delay_microseconds")


class OverlayError(Exception):
    """The overlay does not go together with the model."""


def apply(configuration: model_config_pb2.ModelConfig, serving: settings.ServingSettings) -> None:
    """Lay the overlay over it, in place. Raises OverlayError."""
    if serving.overlay is not None:
        said = serving.overlay.model_dump(mode="json", by_alias=True, exclude_none=True)
        _hold_against(configuration, said)
        _parse(configuration, {**said, **_groups(said, serving)})
    if serving.threads is not None and THREADS not in configuration.parameters:
        configuration.parameters[THREADS].string_value = str(serving.threads)


def _groups(said: dict[str, Any], serving: settings.ServingSettings) -> dict[str, Any]:
    """What an entry of instance_group leaves open is as it is without an overlay."""
    if "instance_group" not in said:
        return {}
    usual = {"kind": "KIND_GPU" if serving.gpus else "KIND_CPU", "count": serving.instances.count}
    return {"instance_group": [{**usual, **group} for group in said["instance_group"]]}


def _hold_against(configuration: model_config_pb2.ModelConfig, said: dict[str, Any]) -> None:
    """What only the artifact can tell."""
    joining = [name for name in _JOINING if name in said.get("dynamic_batching", {})]
    if joining and not configuration.max_batch_size:
        raise OverlayError(
            f"{model_config.FIELD}.dynamic_batching.{joining[0]}: the model has no batch axis, so its requests are"
            " queued and not joined; drop the field, or build from a model whose inputs and outputs begin with -1"
        )
    inputs = {tensor.name for tensor in configuration.input}
    for warmup in said.get("model_warmup", []):
        if warmup["inputs"].keys() != inputs:
            raise OverlayError(
                f"{model_config.FIELD}.model_warmup: {warmup['name']} has the inputs"
                f" {', '.join(sorted(warmup['inputs']))}, the model has {', '.join(sorted(inputs))}"
            )


def _parse(configuration: model_config_pb2.ModelConfig, said: dict[str, Any]) -> None:
    """Field by field, so that an error is about one."""
    for name, value in said.items():
        try:
            json_format.ParseDict({name: value}, configuration)
        except json_format.ParseError as error:
            raise OverlayError(f"{model_config.FIELD}.{name}: {error}") from error
