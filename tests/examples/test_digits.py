"""The example of the README: trained here as a user trains it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: A ConfigMap holds 1 MiB in all; more than this leaves no room for a better model.
CONFIG_MAP_BYTES = 900_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What train.py printed, and the folder that it made."""
    folder = tmp_path_factory.mktemp("digits") / "model"
    done = subprocess.run(
        [sys.executable, EXAMPLES / "digits/train.py", folder], capture_output=True, text=True, timeout=300, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout, folder


def test_it_knows_digits_that_it_never_saw(trained):
    accuracy = float(trained[0].split("held-back images: ")[1].split()[0])
    assert accuracy >= 0.97


def test_all_of_it_fits_a_config_map(trained):
    files = list(trained[1].iterdir())
    assert sorted(file.name for file in files) == ["digits.pt", "digits.py", "sample.npz", "test.npz", "train.npz"]
    assert sum(file.stat().st_size for file in files) <= CONFIG_MAP_BYTES


def test_the_held_back_part_is_as_an_evaluation_wants_it(trained):
    with np.load(trained[1] / "test.npz") as held:
        assert held["image"].dtype == np.float32
        assert held["image"].shape == (450, 1, 8, 8)
        assert held["labels"].dtype == np.int64
        assert held["labels"].shape == (450,)
        assert 0 <= held["image"].min() < held["image"].max() <= 1


def test_the_calibration_part_has_nothing_of_the_held_back_part(trained):
    with np.load(trained[1] / "train.npz") as seen, np.load(trained[1] / "test.npz") as held:
        assert seen["image"].shape == (300, 1, 8, 8)
        assert not {row.tobytes() for row in seen["image"]} & {row.tobytes() for row in held["image"]}


def test_training_again_gives_the_same_data(trained, tmp_path):
    """So applying the example again builds nothing: the ConfigMap's content names the build."""
    sys.path.insert(0, str(EXAMPLES / "digits"))
    try:
        import train
    finally:
        sys.path.pop(0)
    _, images, _, labels = train.load()
    with np.load(trained[1] / "test.npz") as held:
        assert np.array_equal(held["image"], images)
        assert np.array_equal(held["labels"], labels)
