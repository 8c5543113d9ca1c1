import numpy as np
import pytest

from model_builder import contract
from model_serving import datatypes
from model_serving.sentinel import golden, wire
from serving import artifacts_made


def sample(expected):
    return golden.Sample({}, {"scores": np.asarray(expected)})


def answer(values, like):
    return {"scores": np.asarray(values, np.asarray(like).dtype)}


def test_names_and_bounds_are_the_builders():
    names = (contract.GOLDEN_INPUT, contract.GOLDEN_OUTPUT, contract.GOLDEN_TOLERANCE)
    assert names == (golden.INPUT, golden.OUTPUT, golden.BOUND)
    assert (golden.TOLERANCE, golden.HALF_TOLERANCE, golden.RARE) == (
        contract.TOLERANCE,
        contract.HALF_TOLERANCE,
        contract.RARE,
    )


@pytest.mark.parametrize(
    ("bound", "got", "right"),
    [
        ([0.5, 0.0], [1.4, -3.4], True),
        ([0.5, 0.0], [1.6, -3.0], False),
        ([0.0, 0.1], [1.05, -3.25], True),
        ([0.0, 0.1], [1.15, -3.0], False),
        (None, [1.4, -3.0], False),
    ],
)
def test_an_answer_may_be_off_by_what_the_build_measured(bound, got, right):
    arrays = {"input.x": np.zeros((1, 1, 2)), "output.scores": np.array([[[1.0, -3.0]]])}
    if bound:
        arrays["tolerance.scores"] = np.array(bound)
    [one] = golden.split(arrays, batchable=True)
    assert (golden.difference(one, {"scores": np.array([got])}) == "") is right


@pytest.mark.parametrize("bound", [[0.1], [0.1, np.inf], [[0.1, 0.1]], [np.nan, 0.1]])
def test_a_tolerance_that_is_none_is_refused(bound):
    arrays = {"input.x": np.zeros((1, 1)), "output.y": np.zeros((1, 1)), "tolerance.y": np.array(bound)}
    with pytest.raises(golden.GoldenError, match="tolerance that is not two numbers"):
        golden.split(arrays, batchable=True)


@pytest.mark.parametrize(
    ("dtype", "expected", "got", "words"),
    [
        ("float32", [1.0, 2.0], [1.0, 2.0], ""),
        ("float32", [1.0, 2.0], [1.0, 2.0029], ""),
        ("float32", [1.0, 2.0], [1.0, 2.0031], "output scores differs in 1 of 2 elements, by up to 0.0031"),
        ("float16", [1.0, 2.0], [1.0, 2.02], ""),
        ("float16", [1.0, 2.0], [1.0, 2.1], "output scores differs in 1 of 2 elements, by up to 0.0996"),
        ("float32", [np.nan, 1.0], [np.nan, 1.0], ""),
        ("float32", [1.0], [np.nan], "output scores differs in 1 of 1 elements, by up to nan"),
        ("float32", [np.inf], [np.inf], ""),
        ("int64", [7], [7], ""),
        ("int64", [7], [8], "output scores differs in 1 of 1 elements, by up to 1"),
        ("bool", [True], [False], "output scores differs in 1 of 1 elements, by up to 1"),
        ("float32", [1.0, 2.0], [1.0], "output scores is float32[1], expected float32[2]"),
    ],
)
def test_an_answer_is(dtype, expected, got, words):
    expected = np.array(expected, dtype)
    assert golden.difference(sample(expected), answer(got, expected)) == words


def test_one_label_in_a_thousand_may_differ():
    expected = np.zeros(1000, np.int64)
    got = expected.copy()
    got[0] = 1
    assert not golden.difference(sample(expected), {"scores": got})
    got[1] = 1
    assert golden.difference(sample(expected), {"scores": got})


def test_an_output_that_is_missing_or_of_another_type_is_named():
    assert golden.difference(sample(np.zeros(1, np.float32)), {}) == "output scores is missing"
    words = golden.difference(sample(np.zeros(1, np.float32)), {"scores": np.zeros(1)})
    assert words == "output scores is float64[1], expected float32[1]"


def test_the_samples_of_an_artifact_are_single_requests(tmp_path):
    artifacts_made.make(tmp_path / "artifact")
    samples = golden.read(tmp_path / "artifact")
    assert len(samples) == 4
    assert samples[0].inputs["image"].shape == (1, 4)


def test_one_value_a_sample_is_sent_as_a_column():
    made = golden.split({"input.x": np.zeros((2, 1), np.int64), "output.y": np.zeros((2, 1))}, batchable=True)
    assert made[0].inputs["x"].shape == (1, 1)


def test_an_artifact_without_golden_samples_has_none(tmp_path):
    assert golden.read(tmp_path) == []


def test_samples_of_unequal_number_are_refused():
    with pytest.raises(golden.GoldenError, match=r"unequal number: \[1, 2\]"):
        golden.split({"input.x": np.zeros((1, 1)), "output.y": np.zeros((2, 1))}, batchable=True)


@pytest.mark.parametrize("dtype", [*datatypes.TRITON])
def test_tensors_travel_unchanged(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    body, headers = wire.request({"x": array}, ["y"])
    end = int(headers[wire.LENGTH_HEADER])
    assert np.array_equal(np.frombuffer(body[end:], dtype).reshape(2, 3), array)
    head = (
        f'{{"outputs": [{{"name": "y", "shape": [2, 3], "datatype": "{datatypes.TRITON[dtype]}",'
        f' "parameters": {{"binary_data_size": {array.nbytes}}}}}]}}'
    ).encode()
    got = wire.answer(head + array.tobytes(), {wire.LENGTH_HEADER: str(len(head))})
    assert np.array_equal(got["y"], array)
