import numpy as np
import pytest

from modelsmith import errors, samples, showing


def test_a_picture_goes_from_blank_to_full():
    assert showing.picture(np.array([[[[0.0, 0.5], [1.0, 0.0]]]])) == "  ==\n@@"


def test_a_flat_picture_is_blank():
    assert showing.picture(np.ones((2, 2))) == "\n"


def test_what_is_no_picture_is_told():
    with pytest.raises(errors.SaidError, match=r"shape \[1, 3, 8, 8\] is not a greyscale image"):
        showing.picture(np.zeros((1, 3, 8, 8)))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("image=a.npz", samples.Source("image", "a.npz", "image", 0)),
        ("image=a.npz:7", samples.Source("image", "a.npz", "image", 7)),
        ("image=a.npz:x", samples.Source("image", "a.npz", "x", 0)),
        ("image=a.npz:x:7", samples.Source("image", "a.npz", "x", 7)),
    ],
)
def test_a_source_is_a_file_an_array_and_a_row(text, source):
    assert samples.parse(text) == source


@pytest.mark.parametrize(
    ("array", "shape", "sent"),
    [
        ((6, 1, 8, 8), (-1, 1, 8, 8), (1, 1, 8, 8)),
        ((1, 8, 8), (-1, 1, 8, 8), (1, 1, 8, 8)),
        ((6, 2, 4), (2, 4), (2, 4)),
        ((2, 4), (2, 4), (2, 4)),
        ((6,), (-1, 1), (1, 1)),
        ((6, 1, 4), (-1, 4), (1, 4)),
    ],
)
def test_rows_requests_and_samples_are_told_apart(tmp_path, array, shape, sent):
    np.save(tmp_path / "x.npy", np.zeros(array, np.float32))
    source = samples.Source("x", str(tmp_path / "x.npy"), "x", 0)
    assert samples.read(source, samples.Wanted("x", "float32", shape)).shape == sent
