"""The architecture that the weights in digits.pt belong to; the build imports this file and calls `build`."""

import torch
from torch import nn


class Digits(nn.Module):
    """A small convolutional network: float32 images [batch, 1, 8, 8] in 0..1 to logits [batch, 10]."""

    def __init__(self) -> None:
        """85,066 parameters."""
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(64 * 4 * 4, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The argument's name is the input's name."""
        logits: torch.Tensor = self.classifier(self.features(image))
        return logits


def build() -> nn.Module:
    """The factory that modeldeployment.yaml names, `digits:build`."""
    return Digits()
