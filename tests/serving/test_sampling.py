"""What Triton's trace writes is read whatever stands in it, and nothing of it stays."""

import numpy as np
import pytest

from model_serving.sentinel import sampling

NAMED = b'{"id":7,"model_name":"tiny","model_version":1,"request_id":"%s"}'
INPUT = b'{"id":7,"activity":"TENSOR_QUEUE_INPUT","tensor":{"name":"image","data":"%s","shape":"1,4","dtype":"%s"}}'
OUTPUT = b'{"id":7,"activity":"TENSOR_BACKEND_OUTPUT","tensor":{"name":"%s","data":"%s","shape":"1,3","dtype":"FP32"}}'
SCORES = OUTPUT % (b"scores", b"1.8,-2.2e-20,nan")


def trace(*parts, request=b"a"):
    return b"[" + b",".join([NAMED % request, *parts]) + b"]"


def read(content):
    return {name: values.tolist() for name, values in sampling.outputs(content).items()}


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        pytest.param([SCORES], {"scores"}, id="an output"),
        pytest.param([INPUT % (b"0,0,0,0", b"FP32"), SCORES], {"scores"}, id="an input is none"),
        pytest.param([INPUT % (bytes(range(256)) + b'","', b"UINT8"), SCORES], {"scores"}, id="bytes as characters"),
        pytest.param([SCORES, OUTPUT % (b"label", b"2")], {"scores", "label"}, id="two outputs"),
        pytest.param([OUTPUT % (b"scores", b"")], set(), id="half precision, which is left out"),
        pytest.param([OUTPUT % (b"scores", b"1,x")], set(), id="no numbers"),
        pytest.param([SCORES[:-9]], set(), id="cut"),
    ],
)
def test_outputs_are_found(parts, names):
    assert read(trace(*parts)).keys() == names


def test_numbers_are_those_that_were_written():
    found = sampling.outputs(trace(SCORES))
    assert found.keys() == {"scores"}
    np.testing.assert_array_equal(found["scores"], [1.8, -2.2e-20, np.nan])


def test_what_a_response_cache_has_written_twice_counts_once():
    assert read(trace(OUTPUT % (b"label", b"2"), OUTPUT % (b"label", b"2"))) == {"label": [2.0]}


def drained(folder, own="mine"):
    return list(sampling.drain(folder, own))


def test_files_are_removed_and_own_requests_left_out(tmp_path):
    (tmp_path / "request.0").write_bytes(trace(SCORES))
    (tmp_path / "request.1").write_bytes(trace(SCORES, request=b"mine"))
    (tmp_path / "request.2").write_bytes(trace(SCORES)[:-1])
    (tmp_path / "request.3").write_bytes(b"")
    assert drained(tmp_path) == [trace(SCORES)]
    assert list(tmp_path.iterdir()) == []


def test_of_many_files_some_are_read_and_all_removed(tmp_path):
    for number in range(100):
        (tmp_path / f"request.{number}").write_bytes(trace(SCORES))
    assert len(drained(tmp_path)) == sampling.MOST
    assert list(tmp_path.iterdir()) == []


def test_of_a_long_file_the_end_is_read(tmp_path):
    (tmp_path / "request.0").write_bytes(trace(INPUT % (b"0.25," * 1_000_000, b"FP32"), SCORES))
    [content] = drained(tmp_path)
    assert len(content) == sampling.HEAD + sampling.TAIL
    assert read(content).keys() == {"scores"}
