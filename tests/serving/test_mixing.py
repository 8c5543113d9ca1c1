import numpy as np
from hypothesis import given, strategies
from hypothesis.extra import numpy as arrays

from model_serving.sentinel import golden


def samples(stacked):
    return [golden.Sample({"x": row}, {"y": row}) for row in stacked]


@given(
    arrays.arrays(np.int64, strategies.tuples(*(strategies.integers(1, 6) for _ in range(3)))),
    strategies.integers(0, 2**32),
)
def test_each_element_is_that_of_some_sample_in_its_place(stacked, seed):
    mixture = golden.mixed(samples(stacked), np.random.default_rng(seed)).inputs["x"]
    assert mixture.shape == stacked.shape[1:]
    assert mixture.dtype == stacked.dtype
    assert (stacked == mixture).any(axis=0).all()


def test_mixtures_differ_from_each_other_and_from_all_samples():
    stacked = np.random.default_rng(0).normal(size=(8, 1, 64)).astype(np.float32)
    source = np.random.default_rng(1)
    made = [golden.mixed(samples(stacked), source).inputs["x"].tobytes() for _ in range(100)]
    assert len({*made, *(row.tobytes() for row in stacked)}) == 108
