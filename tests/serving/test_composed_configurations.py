import os
from pathlib import Path

import hypothesis
import pytest
from google.protobuf import text_format
from hypothesis import strategies
from tritonclient.grpc import model_config_pb2

from model_builder import contract
from model_serving import compose, datatypes, settings

GOLDEN = Path(__file__).parent / "golden"
DIGEST = f"sha256:{'a' * 64}"
FLOATS = {"name": "image", "dtype": "float32"}


def signature(inputs, outputs, *, batchable):
    return contract.Signature(inputs=inputs, outputs=outputs, batchable=batchable)


DIGITS = signature(
    [{**FLOATS, "shape": [-1, 1, 8, 8]}], [{"name": "output", "dtype": "float32", "shape": [-1, 10]}], batchable=True
)
FIXED = signature(
    [{**FLOATS, "shape": [1, 3, 224, 224]}],
    [{"name": "output", "dtype": "float16", "shape": [1, 1000]}],
    batchable=False,
)
SCALARS = signature(
    [{"name": "ids", "dtype": "int64", "shape": [-1, -1]}, {"name": "mask", "dtype": "bool", "shape": [-1]}],
    [{"name": "label", "dtype": "int64", "shape": [-1]}],
    batchable=True,
)


@pytest.mark.parametrize(
    ("name", "tensors", "serving"),
    [
        ("digits", DIGITS, {}),
        (
            "tuned",
            DIGITS,
            {
                "batching": {"maxBatchSize": 64, "maxQueueDelayMicroseconds": 500, "preferredBatchSize": [16, 64]},
                "instances": {"count": 2},
            },
        ),
        ("gpu", DIGITS, {"gpus": 1}),
        ("fixed-batch", FIXED, {"batching": {"maxBatchSize": 64}}),
        ("one-value-a-sample", SCALARS, {}),
    ],
)
def test_the_configuration_is(name, tensors, serving):
    given = settings.ServingSettings.model_validate({"modelName": "digits", "artifact": DIGEST, **serving})
    text = compose.text(compose.config(tensors, contract.Requires(opset=17), given))
    golden = GOLDEN / f"{name}.pbtxt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(text)
    assert text == golden.read_text()


def test_an_artifact_bound_to_a_gpu_is_refused_without_one():
    given = settings.ServingSettings(model_name="digits", artifact=DIGEST)
    with pytest.raises(compose.CannotServeError, match="runs on GPUs of sm_90 alone, but the server has no GPU"):
        compose.config(DIGITS, contract.Requires(opset=17, gpu_arch="sm_90"), given)


def test_a_preferred_batch_above_the_limit_is_refused():
    with pytest.raises(ValueError, match=r"preferredBatchSize must not exceed maxBatchSize \(8\)"):
        settings.Batching(max_batch_size=8, preferred_batch_size=[16])


NAMES = strategies.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,62}", fullmatch=True)
AXES = strategies.lists(strategies.one_of(strategies.just(-1), strategies.integers(1, 512)), min_size=1, max_size=5)


@strategies.composite
def signatures(draw):
    batchable = draw(strategies.booleans())
    tensors = draw(
        strategies.lists(
            strategies.builds(
                contract.Tensor, name=NAMES, dtype=strategies.sampled_from([*datatypes.TRITON]), shape=AXES
            ),
            min_size=2,
            max_size=5,
            unique_by=lambda tensor: tensor.name,
        )
    )
    if batchable:
        tensors = [tensor.model_copy(update={"shape": [-1, *tensor.shape[1:]]}) for tensor in tensors]
    return contract.Signature(inputs=tensors[:1], outputs=tensors[1:], batchable=batchable)


@strategies.composite
def servings(draw):
    size = draw(strategies.integers(1, 4096))
    return settings.ServingSettings(
        model_name="digits",
        artifact=DIGEST,
        gpus=draw(strategies.integers(0, 8)),
        instances=settings.Instances(count=draw(strategies.integers(1, 64))),
        batching=settings.Batching(
            max_batch_size=size,
            max_queue_delay_microseconds=draw(strategies.integers(0, 10_000_000)),
            preferred_batch_size=draw(strategies.lists(strategies.integers(1, size), max_size=8)),
        ),
    )


@hypothesis.given(signatures(), servings())
def test_every_configuration_reads_back_and_obeys_tritons_batch_rules(tensors, serving):
    config = compose.config(tensors, None, serving)
    assert text_format.Parse(compose.text(config), model_config_pb2.ModelConfig()) == config
    assert config.HasField("dynamic_batching") == (config.max_batch_size > 0) == tensors.batchable
    for told, tensor in zip([*config.input, *config.output], [*tensors.inputs, *tensors.outputs], strict=True):
        assert len(told.dims) >= 1, "Triton refuses empty dims"
        if tensors.batchable:
            shape = [*told.reshape.shape] if told.HasField("reshape") else [*told.dims]
            assert [-1, *shape] == tensor.shape
        else:
            assert not told.HasField("reshape")
            assert [*told.dims] == tensor.shape
