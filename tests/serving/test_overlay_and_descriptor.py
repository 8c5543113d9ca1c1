"""Every typed field of the overlay is a field of model_config.proto: its name, its type, its words."""

import types
import typing

import pydantic
import pytest
from google.protobuf import descriptor
from tritonclient.grpc import model_config_pb2

from model_serving import model_config

KINDS = {
    bool: {descriptor.FieldDescriptor.TYPE_BOOL},
    str: {descriptor.FieldDescriptor.TYPE_STRING},
    int: {
        descriptor.FieldDescriptor.TYPE_INT32,
        descriptor.FieldDescriptor.TYPE_INT64,
        descriptor.FieldDescriptor.TYPE_UINT32,
        descriptor.FieldDescriptor.TYPE_UINT64,
    },
}
#: What a user may not say, and why.
LEFT_OUT = {
    "ModelConfig": {
        *("name", "platform", "backend", "runtime", "version_policy", "max_batch_size", "input", "output"),
        *("batch_input", "batch_output", "sequence_batching", "ensemble_scheduling", "default_model_filename"),
        *("cc_model_filenames", "model_operations", "model_transaction_policy", "model_repository_agents"),
        *("response_cache", "model_metrics"),
    },
    "ModelInstanceGroup": {"secondary_devices"},
    "ModelOptimizationPolicy.Cuda": {"graph_spec"},
    "ModelWarmup.Input": {"input_data_file"},
}


def plain(annotation):
    """A type without None and without bounds."""
    if typing.get_origin(annotation) is typing.Annotated:
        return plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        [kind] = [one for one in typing.get_args(annotation) if one is not type(None)]
        return plain(kind)
    return annotation


def messages(model, message):
    """A type of ours and its descriptor, and all below them."""
    yield model, message
    for name, field in model.model_fields.items():
        told = message.fields_by_name[field.alias or name]
        kind, inner = plain(field.annotation), told.message_type
        if typing.get_origin(kind) in (list, dict):
            inner = inner.fields_by_name["value"].message_type if typing.get_origin(kind) is dict else inner
            kind = plain(typing.get_args(kind)[-1])
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            yield from messages(kind, inner)


EVERY = list(messages(model_config.ModelConfig, model_config_pb2.ModelConfig.DESCRIPTOR))


def fits(kind, told):
    """Whether one value of ours is one of the field's."""
    if typing.get_origin(kind) is typing.Literal:
        if told.type == descriptor.FieldDescriptor.TYPE_STRING:
            return True
        return set(typing.get_args(kind)) <= {value.name for value in told.enum_type.values}
    if issubclass(kind, pydantic.BaseModel):
        return told.type == descriptor.FieldDescriptor.TYPE_MESSAGE
    return told.type in KINDS[kind]


@pytest.mark.parametrize(("model", "message"), EVERY, ids=[message.full_name for _, message in EVERY])
def test_names_and_types_are_tritons(model, message):
    for name, field in model.model_fields.items():
        told = message.fields_by_name[field.alias or name]
        kind = plain(field.annotation)
        origin = typing.get_origin(kind)
        is_map = told.message_type is not None and told.message_type.GetOptions().map_entry
        assert (origin is dict) == is_map, told.full_name
        assert (origin in (list, dict)) == told.is_repeated, told.full_name
        if origin is dict:
            told = told.message_type.fields_by_name["value"]
        assert fits(plain(typing.get_args(kind)[-1]) if origin in (list, dict) else kind, told), told.full_name


@pytest.mark.parametrize(("model", "message"), EVERY, ids=[message.full_name for _, message in EVERY])
def test_what_is_left_out_is_left_out_on_purpose(model, message):
    typed = {field.alias or name for name, field in model.model_fields.items()}
    left = {field.name for field in message.fields} - typed
    assert left == LEFT_OUT.get(message.full_name.removeprefix("inference."), set())
