"""Train a small convolutional network on scikit-learn's handwritten digits, and leave what a ModelDeployment needs.

    python examples/digits/train.py [FOLDER]        FOLDER: default examples/digits/model

FOLDER then holds all that goes into the ConfigMap `digits-model`:

    digits.pt     the weights, a state dict
    digits.py     the architecture, with the factory `build`
    test.npz      450 images that training never saw: `image` float32 [n, 1, 8, 8], `labels` int64 [n]
    train.npz     300 of the images that it did see, in which int8Static looks for the ranges of its activations
    sample.npz    the first of them that the trained model knows, to ask the served model about
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import digits
import numpy as np
import torch
from sklearn import datasets, model_selection
from torch import nn

HERE = Path(__file__).resolve().parent
#: So that everybody gets the same weights, as far as one version of torch on one kind of processor goes.
SEED = 0
EPOCHS = 30
BATCH = 64
#: Images to calibrate on.
CALIBRATION = 300
#: The least that a sound run reaches; less means that something in the environment is broken.
EXPECTED_ACCURACY = 0.97
Array = np.ndarray[Any, np.dtype[Any]]


def main() -> None:
    """Train, judge, write."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "model"
    accuracy = make(folder)
    print(f"accuracy on {len(np.load(folder / 'test.npz')['labels'])} held-back images: {accuracy:.3f}")
    print(f"{sum(file.stat().st_size for file in folder.iterdir()) / 1000:.0f} kB in {folder}")


def make(folder: Path) -> float:
    """Fill the folder; returns the accuracy on the held-back images."""
    train_images, test_images, train_labels, test_labels = load()
    model = train(train_images, train_labels)
    known = answers(model, test_images) == test_labels
    if known.mean() < EXPECTED_ACCURACY:
        sys.exit(f"accuracy {known.mean():.3f} is below {EXPECTED_ACCURACY}: training failed, nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "digits.pt")
    shutil.copy(HERE / "digits.py", folder)
    np.savez_compressed(folder / "test.npz", image=test_images, labels=test_labels)
    np.savez_compressed(folder / "train.npz", image=train_images[:CALIBRATION])
    np.savez_compressed(folder / "sample.npz", image=test_images[known][:1], labels=test_labels[known][:1])
    return float(known.mean())


def load() -> tuple[Array, Array, Array, Array]:
    """Images in 0..1 and labels: a part to train on, and a part held back, both with all digits in proportion."""
    found = datasets.load_digits()
    images = (found.images / 16).astype(np.float32)[:, np.newaxis]
    labels = found.target.astype(np.int64)
    train_images, test_images, train_labels, test_labels = model_selection.train_test_split(
        images, labels, test_size=450, random_state=SEED, stratify=labels
    )
    return train_images, test_images, train_labels, test_labels


def train(images: Array, labels: Array) -> nn.Module:
    """Some seconds on one core."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # batches this small only lose by more, and the sums keep their order
    model = digits.build()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    rows, wanted = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(rows[batch]), wanted[batch]).backward()
            optimizer.step()
    return model.eval()


def answers(model: nn.Module, images: Array) -> Array:
    """The digit of the highest logit, for each image."""
    with torch.no_grad():
        found: Array = model(torch.from_numpy(images)).argmax(dim=1).numpy()
    return found


if __name__ == "__main__":
    main()
