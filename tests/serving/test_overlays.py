import pydantic
import pytest
from google.protobuf import json_format

from model_builder import contract
from model_serving import compose, model_config, settings
from serving import overlays_made

DIGEST = f"sha256:{'a' * 64}"
SIGNATURE = contract.Signature(
    inputs=[{"name": "image", "dtype": "float32", "shape": [-1, 1, 8, 8]}],
    outputs=[{"name": "output", "dtype": "float32", "shape": [-1, 10]}],
    batchable=True,
)
FIXED = contract.Signature(
    inputs=[{"name": "image", "dtype": "float32", "shape": [2, 4]}],
    outputs=[{"name": "output", "dtype": "float32", "shape": [2, 4]}],
    batchable=False,
)


def composed(overlay, tensors=SIGNATURE, **more):
    """The configuration as JSON."""
    given = settings.ServingSettings.model_validate(
        {"modelName": "digits", "artifact": DIGEST, "modelConfig": overlay, **more}
    )
    config = compose.config(tensors, contract.Requires(opset=17), given)
    return json_format.MessageToDict(config, preserving_proto_field_name=True)


def test_every_field_arrives():
    assert {name: composed(overlays_made.WHOLE)[name] for name in overlays_made.WHOLE} == overlays_made.WHOLE


def test_without_an_overlay_nothing_changes():
    assert composed({}) == composed(None)


def test_messages_merge_field_by_field():
    batching = {"maxQueueDelayMicroseconds": 100, "preferredBatchSize": [4]}
    found = composed({"dynamic_batching": {"default_queue_policy": {"max_queue_size": 3}}}, batching=batching)
    assert found["dynamic_batching"] == {
        "preferred_batch_size": [4],
        "max_queue_delay_microseconds": "100",
        "default_queue_policy": {"max_queue_size": 3},
    }


def test_lists_replace():
    batching = {"preferredBatchSize": [4, 8]}
    found = composed({"dynamic_batching": {"preferred_batch_size": [16]}}, batching=batching)
    assert found["dynamic_batching"]["preferred_batch_size"] == [16]


@pytest.mark.parametrize(
    ("gpus", "group", "expected"),
    [
        (0, {}, {"kind": "KIND_CPU", "count": 2}),
        (1, {}, {"kind": "KIND_GPU", "count": 2}),
        (1, {"kind": "KIND_CPU"}, {"kind": "KIND_CPU", "count": 2}),
        (0, {"count": 5}, {"kind": "KIND_CPU", "count": 5}),
    ],
)
def test_a_group_without_kind_or_count_takes_ours(gpus, group, expected):
    assert composed({"instance_group": [group]}, gpus=gpus, instances={"count": 2})["instance_group"] == [expected]


def test_threads_are_a_parameter_and_the_overlay_wins():
    threads = "intra_op_thread_count"
    assert composed(None, threads=3)["parameters"] == {threads: {"string_value": "3"}}
    own = {threads: {"string_value": "7"}}
    assert composed({"parameters": own}, threads=3)["parameters"] == own
    other = {"execution_mode": {"string_value": "1"}}
    assert composed({"parameters": other}, threads=3)["parameters"] == {threads: {"string_value": "3"}, **other}


def test_joining_needs_a_batch_axis_and_a_queue_does_not():
    with pytest.raises(compose.CannotServeError, match=r"preferred_batch_size: the model has no batch"):
        composed({"dynamic_batching": {"preferred_batch_size": [4]}}, FIXED)
    found = composed({"dynamic_batching": {"default_queue_policy": {"max_queue_size": 3}}}, FIXED)
    assert found["dynamic_batching"] == {"default_queue_policy": {"max_queue_size": 3}}


def test_a_warmup_has_the_models_inputs():
    warmup = {"name": "mine", "inputs": {"picture": {"data_type": "TYPE_FP32", "dims": [1], "zero_data": True}}}
    with pytest.raises(compose.CannotServeError, match="mine has the inputs picture, the model has image"):
        composed({"model_warmup": [warmup]})


LEVELS = {"priority_levels": 1, "default_priority_level": 1}
REFUSED = {
    "a field of the artifact": ({"max_batch_size": 4}, "Extra inputs"),
    "a misspelt field": ({"dynamic_batching": {"prefered_batch_size": [4]}}, "Extra inputs"),
    "an environment": ({"parameters": {"EXECUTION_ENV_PATH": {"string_value": "/tmp/x"}}}, "names a file or a library"),
    "in small letters": ({"parameters": {"execution_env_path": {"string_value": "/tmp/x"}}}, "names a file"),
    "a batching strategy": ({"parameters": {"TRITON_BATCH_STRATEGY_PATH": {"string_value": "a.so"}}}, "names a file"),
    "plugins of an accelerator": (
        {
            "optimization": {
                "execution_accelerators": {
                    "gpu_execution_accelerator": [
                        {"name": "tensorrt", "parameters": {"trt_extra_plugin_lib_paths": "a.so"}}
                    ]
                }
            }
        },
        "names a file",
    ),
    "a parameter with a line break": ({"parameters": {"a\n": {"string_value": "1"}}}, "other characters"),
    "a level beyond": ({"dynamic_batching": {"priority_levels": 2, "default_priority_level": 3}}, r"from 1 to .*\(2\)"),
    "levels without a default": ({"dynamic_batching": {"priority_levels": 2}}, "default_priority_level must be"),
    "a policy of no level": ({"dynamic_batching": {"priority_queue_policy": {"1": {}}}}, "speaks of level 1"),
    "a level that is no number": (
        {
            "dynamic_batching": {
                "priority_levels": 1,
                "default_priority_level": 1,
                "priority_queue_policy": {"high": {}},
            }
        },
        "speaks of level high",
    ),
    "a kind that guesses": ({"instance_group": [{"kind": "KIND_AUTO"}]}, "KIND_CPU"),
    "GPUs of a CPU": ({"instance_group": [{"kind": "KIND_CPU", "gpus": [0]}]}, "has no gpus"),
    "nobody who answers": ({"instance_group": [{"passive": True}]}, "every instance_group is passive"),
    "a tag that is no label": ({"metric_tags": {"my-team": "a"}}, "no label of a metric"),
    "a warmup of nothing": (
        {"model_warmup": [{"name": "a", "inputs": {"x": {"data_type": "TYPE_FP32", "dims": [1]}}}]},
        "either zero_data",
    ),
}


@pytest.mark.parametrize(("overlay", "words"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_words(overlay, words):
    with pytest.raises(pydantic.ValidationError, match=words):
        model_config.ModelConfig.model_validate(overlay)


def test_the_command_of_the_server_follows_the_overlay():
    assert not model_config.ModelConfig(instance_group=[{}]).limits_rate
    assert model_config.ModelConfig(instance_group=[{}, {"rate_limiter": {"priority": 2}}]).limits_rate
